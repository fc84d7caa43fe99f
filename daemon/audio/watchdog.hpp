// Notices that a running device has done nothing for 2.5 s. It counts looks, half a second apart:
// a process that was stopped, or is late itself, does not blame the device. Pure.
#pragma once

#include <cstdint>

namespace gv::audio {

class Watchdog {
 public:
  void progress(std::int64_t now) {
    looks_ = 0;
    next_ns_ = now + look_ns;
  }
  // A device that has not done anything yet has 3.5 s for it (first_sound_limit_ms).
  void start(std::int64_t now) {
    progress(now);
    looks_ = most_looks - first_looks;
  }
  // To be asked at next_look(), and as often as one likes before.
  bool expired(std::int64_t now) {
    if (now < next_ns_) return false;
    next_ns_ = now + look_ns;
    return ++looks_ >= most_looks;
  }
  std::int64_t next_look() const { return next_ns_; }

 private:
  static constexpr std::int64_t look_ns = 500'000'000;
  static constexpr int most_looks = 5;
  static constexpr int first_looks = 7;

  std::int64_t next_ns_ = 0;
  int looks_ = 0;
};

}  // namespace gv::audio
