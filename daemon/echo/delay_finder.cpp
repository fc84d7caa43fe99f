#include "daemon/echo/delay_finder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace gv::echo {
namespace {

constexpr std::array<double, 6> centres_hz{300, 550, 900, 1500, 2400, 3800};
constexpr double quality = 2;
constexpr double least_far_dbfs = -66;  // of a band: quieter is no speech
constexpr double least_near_dbfs = -90;
constexpr float least_power = 1e-6F;          // of a frame: only the filter itself still rings
constexpr float levelled = 0.12F;             // of a band's mean, per frame: 80 ms
constexpr float largest = 2.5F;               // a change, in units of log2 of power
constexpr float remembered = 1 - 1 / 400.0F;  // per frame: 4 s
// Measured in tests/echo: an echo is alike by 0.65 and more after a second, by 0.45 with somebody
// talking over it; words that have nothing to do with the far end by up to 0.45 after a second, and
// 0.25 after four.
constexpr float enough_frames = 90;
constexpr float least_likeness = 0.33F;
constexpr float doubt = 15;      // frames
constexpr float clearly = 1.3F;  // than anywhere else
constexpr int peak_width = 5;
constexpr float as_good = 0.93F;
constexpr int certain_frames = 20;

struct Coefficients {
  float b0, a1, a2;  // of a band-pass: b1 = 0, b2 = -b0
};

const std::array<Coefficients, 6>& filters() {
  static const std::array<Coefficients, 6> made = [] {
    std::array<Coefficients, 6> all{};
    for (std::size_t n = 0; n < all.size(); ++n) {
      const double w = 2 * std::numbers::pi * centres_hz[n] / rate;
      const double alpha = std::sin(w) / (2 * quality);
      all[n] = {static_cast<float>(alpha / (1 + alpha)),
                static_cast<float>(-2 * std::cos(w) / (1 + alpha)),
                static_cast<float>((1 - alpha) / (1 + alpha))};
    }
    return all;
  }();
  return made;
}

}  // namespace

DelayFinder::Ear::Ear(double least_dbfs)
    : least_(static_cast<float>(std::log2(std::pow(10, least_dbfs / 10) * 32768 * 32768))) {}

DelayFinder::Values DelayFinder::Ear::hear(ConstFrame frame) {
  Values values{};
  float loudest = 0;
  for (std::size_t n = 0; n < bands; ++n) {
    Band& band = bands_[n];
    const Coefficients& filter = filters()[n];
    float power = 0;
    for (const std::int16_t sample : frame) {
      const float in = filter.b0 * static_cast<float>(sample);
      const float out = in + band.memory1;
      band.memory1 = band.memory2 - filter.a1 * out;
      band.memory2 = -in - filter.a2 * out;
      power += out * out;
    }
    if (power < least_power) band.memory1 = band.memory2 = 0;
    const float level =
        std::max(least_, std::log2(power / static_cast<float>(frame_samples) + 1e-3F));
    if (!begun_) band.mean = band.floor = level;
    band.floor = std::min(band.floor + 0.003F, level);  // 1 dB in a second
    const float heard = std::max(level, band.floor + 2);
    values[n] = std::clamp(heard - band.mean, -largest, largest);
    band.mean += (heard - band.mean) * levelled;
    loudest = std::max(loudest, level);
  }
  begun_ = true;
  sounds_ = loudest > least_;
  return values;
}

DelayFinder::DelayFinder() : far_ear_(least_far_dbfs), near_ear_(least_near_dbfs) {
  filters();
}

void DelayFinder::reset() {
  *this = DelayFinder();
}

void DelayFinder::add(ConstFrame captured, ConstFrame far) {
  const std::size_t at = frame_ % history;
  far_[at] = far_ear_.hear(far);
  far_sounds_[at] = far_ear_.sounds();
  near_[at] = near_ear_.hear(captured);
  ++frame_;
  active_ = far_ear_.sounds() ? static_cast<int>(lags) : std::max(0, active_ - 1);
  if (active_ == 0) return;
  learn(near_[(frame_ - 1 + history + earliest) % history]);
  judge();
}

// The microphone some frames ago, so that what it heard too early is there as well.
void DelayFinder::learn(const Values& captured) {
  for (std::size_t lag = 0; lag < lags; ++lag) {
    const std::size_t at = (frame_ - 1 + history - lag) % history;
    if (!far_sounds_[at]) continue;
    const Values& far = far_[at];
    float alike = 0;
    float far_power = 0;
    float near_power = 0;
    for (std::size_t n = 0; n < bands; ++n) {
      alike += far[n] * captured[n];
      far_power += far[n] * far[n];
      near_power += captured[n] * captured[n];
    }
    alike_[lag] = alike_[lag] * remembered + alike;
    far_power_[lag] = far_power_[lag] * remembered + far_power;
    near_power_[lag] = near_power_[lag] * remembered + near_power;
    heard_[lag] = heard_[lag] * remembered + 1;
  }
}

void DelayFinder::judge() {
  std::array<float, lags> likeness{};
  int best = 0;
  for (std::size_t lag = 0; lag < lags; ++lag) {
    if (heard_[lag] < enough_frames / 2) continue;
    likeness[lag] = alike_[lag] / std::sqrt(far_power_[lag] * near_power_[lag] + 1);
    if (likeness[lag] > likeness[static_cast<std::size_t>(best)]) best = static_cast<int>(lag);
  }
  const float most = likeness[static_cast<std::size_t>(best)];
  float other = 0;
  for (int lag = 0; lag < static_cast<int>(lags); ++lag) {
    if (std::abs(lag - best) > peak_width)
      other = std::max(other, likeness[static_cast<std::size_t>(lag)]);
  }
  // The walls' answers draw the peak to later times: what counts is where it begins.
  int first = best;
  while (first > 0 && likeness[static_cast<std::size_t>(first - 1)] > as_good * most)
    --first;
  const float heard = heard_[static_cast<std::size_t>(best)];
  const bool alike = heard >= enough_frames && most >= least_likeness + doubt / heard;
  const bool sure = alike && most >= clearly * other;
  alike_for_ = alike ? alike_for_ + 1 : 0;
  held_ = sure && std::abs(first - first_) <= 1 ? held_ + 1 : 0;
  first_ = first;
  if (alike_for_ < certain_frames) {
    echo_.reset();
    return;
  }
  echo_ = Echo{most, std::nullopt};
  if (held_ >= certain_frames) echo_->later_ns = (first + earliest) * frame_ns;
}

}  // namespace gv::echo
