// What bounds a session: silence, time and money.
#include <algorithm>
#include <string>

#include "daemon/session/machine.hpp"

namespace gv::session {

using std::chrono::milliseconds;

namespace {

milliseconds since(std::int64_t then_ns, std::int64_t now_ns) {
  return milliseconds{(now_ns - then_ns) / 1'000'000};
}

}  // namespace

void Machine::on(const input::Limits& limits) {
  session_.limits = limits.limits;
  session_.approval_timeout = limits.approval_timeout;
  if (phase_ != Phase::idle) set_limits();
}

void Machine::on(const input::BudgetSpent& spent) {
  if (phase_ == Phase::idle) return;
  status_.last_error = spent.failure;
  act(action::Report{spent.failure});
  end(EndReason::budget, spent.failure.message);
}

// Of a session that has just begun, or whose limits are new: they count from where they would have.
void Machine::set_limits() {
  const auto& limits = session_.limits;
  if (limits.max_duration) {
    const auto left = *limits.max_duration - since(started_ns_, now_ns_);
    act(action::SetTimer{Timer::max_duration, std::max(milliseconds(0), left)});
  } else {
    act(action::CancelTimer{Timer::max_duration});
  }
  if (limits.idle_timeout.count() > 0) {
    const auto left = limits.idle_timeout - since(last_activity_ns_, now_ns_);
    act(action::SetTimer{Timer::idle, std::max(milliseconds(0), left)});
  } else {
    act(action::CancelTimer{Timer::idle});
  }
}

void Machine::check_idle() {
  const auto silent = since(last_activity_ns_, now_ns_);
  const auto limit = session_.limits.idle_timeout;
  // An answer that never comes is no activity: the model may choose not to answer.
  const bool busy = turns_.any_audible() || key_.talking() || !calls_.empty() || !key_ready_;
  if (!busy && silent >= limit) {
    return end(EndReason::idle, "Nothing was said for " + std::to_string(limit.count() / 1000) +
                                    " s (session.idle_timeout).");
  }
  act(action::SetTimer{Timer::idle, busy ? limit : limit - silent});
}

}  // namespace gv::session
