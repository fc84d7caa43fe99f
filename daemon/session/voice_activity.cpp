#include "daemon/session/voice_activity.hpp"

#include <algorithm>
#include <cmath>

namespace gv::session {
namespace {

constexpr double hangover_ms = 500;  // the pause between two words
// The floor follows a quieter room at once, a louder one within seconds.
constexpr double floor_rise_per_ms = 1.0003;

}  // namespace

std::optional<bool> VoiceActivity::feed(std::span<const std::int16_t> samples) {
  if (samples.empty()) return std::nullopt;
  double energy = 0;
  for (const double sample : samples)
    energy += sample * sample;
  const double level = std::sqrt(energy / static_cast<double>(samples.size()));
  const double ms = static_cast<double>(samples.size()) / 16;
  floor_ = std::max(10.0, std::min(level, floor_ * std::pow(floor_rise_per_ms, ms)));
  if (level > std::max(sensitivity_.least_level, floor_ * sensitivity_.above_floor)) {
    loud_ms_ += ms;
    quiet_ms_ = 0;
    if (speaking_ || loud_ms_ < sensitivity_.onset_ms) return std::nullopt;
    speaking_ = true;
    changed_ms_ago_ = loud_ms_;
    return true;
  }
  quiet_ms_ += ms;
  if (!speaking_) loud_ms_ = 0;
  if (!speaking_ || quiet_ms_ < hangover_ms) return std::nullopt;
  return reset();
}

std::optional<bool> VoiceActivity::reset() {
  changed_ms_ago_ = quiet_ms_;
  loud_ms_ = quiet_ms_ = 0;
  if (!speaking_) return std::nullopt;
  speaking_ = false;
  return false;
}

}  // namespace gv::session
