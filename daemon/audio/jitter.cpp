#include "daemon/audio/jitter.hpp"

#include <algorithm>

#include "daemon/audio/engine.hpp"

namespace gv::audio {

void Jitter::configure(unsigned base_ms, bool adapt) {
  *this = {};
  base_ns_ = std::int64_t{base_ms} * 1'000'000;
  adapt_ = adapt && base_ms > 0;
}

std::int64_t Jitter::target_ns() const {
  return std::max(base_ns_, std::min(base_ns_ + extra_ns_, most_ns));
}

void Jitter::begin(std::int64_t now) {
  waiting_ = base_ns_ > 0;
  since_ = now;
  starved_at_ = 0;
  starved_in_turn_ = false;
}

void Jitter::starve(std::int64_t now) {
  if (waiting_ || base_ns_ == 0) return;
  waiting_ = true;
  since_ = 0;
  starved_at_ = now;
}

void Jitter::turn_ended() {
  if (!starved_in_turn_) extra_ns_ = std::max<std::int64_t>(extra_ns_ - ease_ns, 0);
  starved_in_turn_ = false;
}

bool Jitter::may_read(std::uint64_t frames, bool end_queued, std::int64_t now) {
  if (!waiting_) return true;
  if (frames == 0 && !end_queued) {
    since_ = 0;  // what was there is gone: there is no time at which to look again
    return false;
  }
  if (since_ == 0) {
    since_ = now;
    // The end alone was not late: there was nothing to be played.
    const bool late = starved_at_ != 0 && frames > 0 && now - starved_at_ < pause_ns;
    if (adapt_ && late) {
      starved_in_turn_ = true;
      extra_ns_ = std::min(extra_ns_ + step_ns, std::max(most_ns - base_ns_, std::int64_t{0}));
    }
  }
  const auto wanted = static_cast<std::uint64_t>(target_ns() / 1000 * playback_rate / 1'000'000);
  if (frames < wanted && !end_queued && now - since_ < target_ns()) return false;
  waiting_ = false;
  return true;
}

}  // namespace gv::audio
