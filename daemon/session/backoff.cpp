#include "daemon/session/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace gv::session {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest{30'000};
constexpr milliseconds quota_wait{65'000};  // quotas are counted by the minute
constexpr milliseconds longest_quota_wait{300'000};

milliseconds doubled(milliseconds first, unsigned times, milliseconds limit) {
  return std::min<milliseconds>(limit, first * (1LL << std::min(times, 10U)));
}

}  // namespace

milliseconds Backoff::next(live::Remedy remedy) {
  const unsigned before = failures_++;
  milliseconds wait{0};
  switch (remedy) {
    case live::Remedy::none:
    case live::Remedy::other_model:
    case live::Remedy::other_session:
    case live::Remedy::less_context:
    case live::Remedy::resume:
      // An ordinary end, or something is different now: at once, but once.
      wait = before == 0 ? milliseconds(0) : doubled(milliseconds(500), before - 1, longest);
      break;
    case live::Remedy::network:
      wait = doubled(milliseconds(500), before, longest);
      break;
    case live::Remedy::overload:
      wait = doubled(milliseconds(1000), before, longest);
      break;
    case live::Remedy::quota:
      wait = doubled(quota_wait, quotas_++, longest_quota_wait);
      break;
  }
  std::uniform_real_distribution<double> jitter(0.8, 1.2);
  return milliseconds(std::llround(static_cast<double>(wait.count()) * jitter(random_)));
}

}  // namespace gv::session
