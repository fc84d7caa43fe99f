// Beds on sound servers, headless and private: no sound card is needed, and nothing of the user's
// is touched. The daemon and the test reach either by PulseAudio's protocol (ALSA's `pulse`).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/bed.hpp"

namespace gv::e2e {

std::unique_ptr<Bed> make_pulseaudio_bed(unsigned speaker_rate);

// PipeWire, WirePlumber, and PipeWire's server of PulseAudio's protocol.
std::unique_ptr<Bed> make_pipewire_bed(unsigned speaker_rate);

// The server's numbers of the streams that play on a sink of this name, or record from a source.
std::vector<std::string> playing_on(std::string_view sink);
std::vector<std::string> recording_from(std::string_view source);

}  // namespace gv::e2e
