// What the speaker plays, by the time at which it plays it: the reference of the echo canceller
// (audio.md 3.5). What is written to the device goes in with the time at which the device will play
// it; what it played at the time of a microphone's frame comes out. However long the device takes,
// the canceller then only sees the way through the air and what the device's figures are wrong by.
//
// Pure; the audio thread alone: no locks, and no memory is taken after construction. Times are
// monotonic ns; errors: none, what is not known is silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "daemon/echo/canceller.hpp"
#include "daemon/echo/timeline.hpp"

namespace gv::echo {

class FarEnd {
 public:
  static constexpr unsigned written_rate = 24000;

  FarEnd();

  // 24 kHz mono, answers and silence alike, and when the first of them reaches the converter: the
  // time of the write + snd_pcm_delay() before it. A gap in time is a gap in the sound.
  void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns);
  // The last so many that were written will not be heard; what is written next takes their place.
  void took_back(std::size_t samples);
  // What would be heard after `ns` will not be (snd_pcm_drop). The stream goes on with wrote().
  void cut(std::int64_t ns);
  void reset();

  // 10 ms at 16 kHz from `at_ns` on.
  void read(std::int64_t at_ns, Frame out) const;

 private:
  void put(std::span<const std::int16_t> samples);
  void put_silence(std::int64_t samples);
  bool fetch(std::int64_t first, std::span<float> out) const;

  // Sample i is at i % ring_samples. Left as it is until it is written: a large block whose pages
  // nobody touches takes no memory, and without a canceller nobody does.
  std::unique_ptr<std::int16_t[]> ring_;
  std::int64_t begin_ = 0;  // the oldest sample that is known
  std::int64_t end_ = 0;    // behind the newest
  Timeline timeline_{written_rate};
};

}  // namespace gv::echo
