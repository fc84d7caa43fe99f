// The short sounds that tell a user who does not look: the session listens, it is over, the
// microphone is closed or open again, something is wrong. Made here, from sines: soft (about -20
// dBFS), shorter than 200 ms, without a click at either end. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace gv::audio {

enum class Earcon {
  start,   // two notes, rising
  stop,    // the same, falling, and shorter: the speaker is closed after it
  mute,    // one low note
  unmute,  // one high note
  error,   // the lowest note, twice
};

// 24 kHz mono.
std::vector<std::int16_t> synthesise(Earcon which);

}  // namespace gv::audio
