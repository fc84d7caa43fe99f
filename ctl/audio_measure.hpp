// What a test signal that was played and what a microphone heard of it say about the path between
// them. Pure; doctor --audio plays, listens and asks here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/util/level.hpp"

namespace gv::ctl {

// Noise with the spectrum and the uneven syllables of speech, which an echo canceller can learn
// from and which is found again at one shift only, by its loudness alone too. rate: Hz. The same
// every time; -20 dBFS; begins and ends with a fade of 10 ms.
std::vector<std::int16_t> test_signal(unsigned rate, double seconds);

struct Hearing {
  double noise_dbfs = silence_dbfs;  // before the signal
  double level_dbfs = silence_dbfs;  // while it was played
  unsigned clipped = 0;              // samples at full scale
  bool all_zero = false;             // a microphone that is muted at the mixer, not a quiet room
};
// recording: 16 kHz; signal_at: the frame of it that was heard when the signal was given to the
// speaker, below its length.
Hearing hear(std::span<const std::int16_t> recording, std::size_t signal_at);

struct Echo {
  std::size_t delay_frames = 0;  // of the recording, after signal_at
  double return_loss_db = 0;     // played over heard, both digital levels
  bool begins = true;  // false: its first second is missing, as where an amplifier wakes up late
};
// Where in the recording the signal (both 16 kHz) is heard, at most max_delay_frames after
// signal_at. None: it is not; no echo that would matter.
std::optional<Echo> find_echo(std::span<const std::int16_t> recording,
                              std::span<const std::int16_t> signal, std::size_t signal_at,
                              std::size_t max_delay_frames);

}  // namespace gv::ctl
