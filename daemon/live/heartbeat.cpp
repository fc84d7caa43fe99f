#include "daemon/live/heartbeat.hpp"

namespace gv::live {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t ask_after = 20 * second_ns;
constexpr std::int64_t dead_after = 55 * second_ns;
// A loop that was held up itself must not blame the service.
constexpr std::int64_t least_wait = 30 * second_ns;

}  // namespace

Heartbeat::Verdict Heartbeat::look(std::int64_t now_ns) {
  const std::int64_t silent = now_ns - heard_ns_;
  if (asked_ns_ == 0) {
    if (silent < ask_after) return Verdict::alive;
    asked_ns_ = now_ns;
    return Verdict::ask;
  }
  const bool dead = silent >= dead_after && now_ns - asked_ns_ >= least_wait;
  return dead ? Verdict::dead : Verdict::alive;
}

}  // namespace gv::live
