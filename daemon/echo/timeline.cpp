#include "daemon/echo/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gv::echo {
namespace {

constexpr double broken_ns = 40e6;  // figures that are right are not wrong by so much
constexpr double paused_ns = 1e9;   // no figure at all is wrong by so much
constexpr double agreeing_ns = 15e6;
// Later than that by the median of some blocks: it is another time, not a jitter. Earlier is not:
// a stream loses samples, and gains none. Only a speaker that became faster has to wait for it.
constexpr double moved_ns = 25e6;
// So is what lasts. PulseAudio 17 tells times that are 8 to 22 ms wrong, mostly for up to 1.1 s,
// and ones that become more than 25 ms too early and right again within four seconds. A canceller
// that is led there and back leaves 20 dB more of the echo for two seconds each time (WebRTC 1.3).
// The price: where so much of the microphone was really lost, which is rarer, it leaves as much
// more until it is led the right way.
constexpr double perhaps_moved_ns = 8e6;
constexpr double lasting_ns = 6e9;
// The canceller bears this of each stream, so it is let be: while a reference creeps WebRTC 1.3
// leaves 35 to 50 dB more of an echo, and may at last take it for none (transparent mode) and let
// all of it through. Measured with a sound server's loopback for a room, whose microphone runs 125
// ppm fast and whose speaker some 50. Beyond it a clock is followed, as fast as it is told to run.
constexpr double exact_ns = 5e6;
constexpr double averaged_ns = 2e9;
constexpr double slew = 150e-6;  // more than clocks differ, and little enough to be followed

}  // namespace

std::int64_t Timeline::observe(std::int64_t index, std::int64_t ns, std::size_t samples) {
  const bool broken = std::exchange(break_expected_, false);
  if (!known_) {
    known_ = true;
    base_index_ = index;
    base_ns_ = ns;
    offset_ns_ = 0;
    slow_error_ns_ = 0;
    errors_[0] = 0;
    count_ = 1;
    doubtful_ns_ = 0;
    return 0;
  }
  const double error = static_cast<double>(ns - time_of(index));
  const double before = std::exchange(doubtful_ns_, 0);
  if (!broken && std::abs(error) > broken_ns && std::abs(error) < paused_ns &&
      (before == 0 || std::abs(error - before) > agreeing_ns)) {
    doubtful_ns_ = error;  // absurd, until the next one says the same
    return 0;
  }
  if (broken || std::abs(error) > broken_ns) {
    const auto left_out = static_cast<std::int64_t>(std::llround(error / period_ns_));
    slow_error_ns_ = 0;
    errors_[0] = offset_ns_;
    count_ = 1;
    return left_out;
  }
  errors_[count_++ % errors_.size()] = offset_ns_ + error;
  const double now_wrong = median() - offset_ns_;
  const double span = period_ns_ * static_cast<double>(samples);
  if (std::abs(now_wrong) <= perhaps_moved_ns || wrong_for_ns_ * now_wrong < 0) wrong_for_ns_ = 0;
  if (std::abs(now_wrong) > perhaps_moved_ns) wrong_for_ns_ += std::copysign(span, now_wrong);
  if (count_ <= errors_.size() || now_wrong > moved_ns || std::abs(wrong_for_ns_) > lasting_ns) {
    offset_ns_ += now_wrong;
    slow_error_ns_ = 0;
    wrong_for_ns_ = 0;
    return 0;
  }
  slow_error_ns_ += (error - slow_error_ns_) * std::min(1.0, span / averaged_ns);
  if (std::abs(slow_error_ns_) > exact_ns) {
    const double step = std::copysign(slew * span, slow_error_ns_);
    offset_ns_ += step;
    slow_error_ns_ -= step;
  }
  return 0;
}

double Timeline::median() const {
  std::array<double, 9> sorted = errors_;
  const std::size_t size = std::min(count_, sorted.size());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(size / 2);
  std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(size));
  return *middle;
}

std::int64_t Timeline::time_of(std::int64_t index) const {
  return base_ns_ +
         std::llround(offset_ns_ + static_cast<double>(index - base_index_) * period_ns_);
}

double Timeline::position_of(std::int64_t ns) const {
  return static_cast<double>(base_index_) +
         (static_cast<double>(ns - base_ns_) - offset_ns_) / period_ns_;
}

}  // namespace gv::echo
