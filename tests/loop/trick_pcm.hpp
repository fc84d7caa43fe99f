// A microphone or a speaker that does as it is told: an ALSA plug-in of the tests' own, loaded by
// libasound.
#pragma once

#include <atomic>

namespace gv::test {

struct TrickPcm {
  // Suspended, as after the machine's sleep, and does not wake up; it cannot be opened, either.
  std::atomic<bool> suspended{false};
  std::atomic<int> opening_ms{0};      // how long it takes to be opened
  std::atomic<int> first_sound_ms{0};  // and from its start to its first samples
  std::atomic<int> prepared{0};        // how often it was
};

}  // namespace gv::test

// What the plug-in listens to.
extern "C" gv::test::TrickPcm* gv_trick_pcm();
