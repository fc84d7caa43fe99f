// How fast the microphone's sound may be sent: the service takes what is late at four times its
// speed, and no faster, so that its voice activity detection keeps up (live-api.md section 7.2).
// Sound that is not late never waits. Pure; main thread; owned by the feed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gv::session {

class Pace {
 public:
  static constexpr std::int64_t speed = 4;
  // So much may go out at once: the device's chunks come in twos and threes on a busy machine.
  static constexpr std::int64_t burst_ns = 100'000'000;  // of sound

  // When a chunk of so much sound may go out; now_ns, or later.
  std::int64_t when(std::int64_t sound_ns, std::int64_t now_ns) const {
    const std::int64_t missing = sound_ns - credit(now_ns);
    return missing <= 0 ? now_ns : now_ns + (missing + speed - 1) / speed;
  }
  void sent(std::int64_t sound_ns, std::int64_t now_ns) {
    credit_ns_ = credit(now_ns) - sound_ns;
    at_ns_ = now_ns;
  }

 private:
  std::int64_t credit(std::int64_t now_ns) const {
    return std::min(burst_ns, credit_ns_ + (now_ns - at_ns_) * speed);
  }

  std::int64_t credit_ns_ = burst_ns;  // of sound
  std::int64_t at_ns_ = 0;             // when it was that much
};

}  // namespace gv::session
