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

// How often to look whether the first choice is back while another device is in use. Taking it
// interrupts what plays: one that works for moments only is looked at ever more seldom, from every
// 5 s to once a minute.
class Retake {
 public:
  std::int64_t wait() const { return wait_ns_; }
  // It had been taken again, and was lost after so long.
  void lost(std::int64_t used_ns);

 private:
  static constexpr std::int64_t least_ns = 5'000'000'000;

  std::int64_t wait_ns_ = least_ns;
};

}  // namespace gv::audio
