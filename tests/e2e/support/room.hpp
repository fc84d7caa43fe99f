// A room without headphones: the microphone hears the speaker, a little later and from its walls
// too, and whoever talks besides.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/speaker.hpp"

namespace gv::e2e {

struct Acoustics {
  double direct = 0.3;    // of what is played, as it comes straight to the microphone
  double walls = 0.15;    // the first reflection; each later one is weaker
  unsigned delay_ms = 5;  // of the sound in air, and whatever the devices do not tell
  std::uint32_t seed = 1;
};

class Room {
  struct Path {
    std::size_t delay;  // frames
    double gain;
  };
  // Before the threads that use them.
  std::vector<Path> paths_;
  std::size_t turn_;      // frames
  std::size_t next_ = 0;  // frame of the speaker that the microphone hears next, without delay
  bool started_ = false;
  std::atomic<unsigned> gaps_ = 0;

  static std::vector<Path> paths(const Acoustics& acoustics, unsigned rate);
  void add_echo(std::span<std::int16_t> block);

 public:
  // Both devices run at the microphone's rate.
  explicit Room(const Bed& bed, const Acoustics& acoustics = {});

  // The echo could not be made in time; what was heard is worthless if not 0.
  unsigned gaps() const { return gaps_; }

  SpeakerRecorder speaker;
  Microphone microphone;
};

}  // namespace gv::e2e
