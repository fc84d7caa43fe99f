// When to try again to open a lost device: soon at first, rarely after a while. Pure.
#pragma once

#include <cstdint>

namespace gv::audio {

// 100, 200, 400, 800, then every 1600 ms: whatever comes back within the first minute is heard
// within 2 s. After that every 5 s.
class Backoff {
 public:
  // A device was lost: how long to wait for the first attempt, in nanoseconds. None where it had
  // worked for a while; where devices come and go in quick succession the times go on to grow.
  std::int64_t lost(std::int64_t now, std::int64_t opened_ns);
  // The attempt failed: how long to wait for the next.
  std::int64_t wait(std::int64_t now);

 private:
  std::int64_t since_ns_ = 0;  // of the outage
  std::int64_t next_ns_ = 0;
};

}  // namespace gv::audio
