// How long to wait before the next attempt to connect (live-api.md section 7.6). Pure; owned by the
// machine.
#pragma once

#include <chrono>
#include <random>

#include "daemon/live/verdict.hpp"

namespace gv::session {

class Backoff {
 public:
  using milliseconds = std::chrono::milliseconds;

  explicit Backoff(unsigned seed = 1) : random_(seed == 0 ? 1 : seed) {}

  // One more failure in a row, of this kind: the wait after it. Longer from failure to failure,
  // with 20 % of jitter, so that a service that is back is not met by all of its clients at once.
  milliseconds next(live::Remedy remedy);
  // A connection was good for long enough.
  void reset() { failures_ = quotas_ = 0; }

 private:
  std::minstd_rand random_;
  unsigned failures_ = 0;
  unsigned quotas_ = 0;
};

}  // namespace gv::session
