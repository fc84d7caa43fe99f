#include "daemon/echo/far_end.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gv::echo {
namespace {

// 5.5 s: an answer is written at most a device's buffer ahead, and read some 100 ms later.
constexpr std::int64_t ring_samples = 1 << 17;

// One filter does both the conversion to 16 kHz and the fraction of a sample: a table of windowed
// sinc functions, moved by 1/64 of a sample each. Flat to 6.3 kHz, and above 8.1 kHz nothing.
constexpr std::size_t taps = 48;
constexpr std::size_t phases = 64;
constexpr double cutoff_hz = 7200;
constexpr double kaiser_beta = 7;
constexpr double step = static_cast<double>(FarEnd::written_rate) / rate;
constexpr std::size_t fetched = frame_samples * FarEnd::written_rate / rate + taps + 1;

using Filters = std::array<std::array<float, taps>, phases>;

double bessel(double x) {
  double sum = 1;
  double term = 1;
  for (int k = 1; k < 30; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

Filters make_filters() {
  Filters filters{};
  constexpr double half = taps / 2.0;
  constexpr double band = 2 * cutoff_hz / FarEnd::written_rate;
  for (std::size_t phase = 0; phase < phases; ++phase) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const double t = static_cast<double>(tap) - (half - 1) -
                       static_cast<double>(phase) / static_cast<double>(phases);
      const double x = std::numbers::pi * band * t;
      const double sinc = std::abs(x) < 1e-9 ? 1 : std::sin(x) / x;
      const double edge = 1 - (t / half) * (t / half);
      const double window =
          bessel(kaiser_beta * std::sqrt(std::max(0.0, edge))) / bessel(kaiser_beta);
      filters[phase][tap] = static_cast<float>(band * sinc * window);
    }
  }
  return filters;
}

const Filters& filters() {
  static const Filters table = make_filters();
  return table;
}

}  // namespace

FarEnd::FarEnd() : ring_(std::make_unique_for_overwrite<std::int16_t[]>(ring_samples)) {
  filters();  // not in the first read()
}

void FarEnd::reset() {
  begin_ = end_ = 0;
  timeline_.reset();
}

void FarEnd::wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) {
  if (samples.empty()) return;
  const std::int64_t left_out = timeline_.observe(end_, first_heard_ns, samples.size());
  if (left_out > 0) put_silence(left_out);
  if (left_out < 0) {
    end_ += left_out;
    begin_ = std::min(begin_, end_);
  }
  put(samples);
}

void FarEnd::took_back(std::size_t samples) {
  end_ = std::max(begin_, end_ - static_cast<std::int64_t>(samples));
}

void FarEnd::cut(std::int64_t ns) {
  timeline_.expect_break();
  if (!timeline_.known()) return;
  const auto position = static_cast<std::int64_t>(std::ceil(timeline_.position_of(ns)));
  end_ = std::clamp(position, begin_, end_);
}

void FarEnd::put(std::span<const std::int16_t> samples) {
  for (const std::int16_t sample : samples) {
    ring_[static_cast<std::size_t>(end_++) % ring_samples] = sample;
  }
  begin_ = std::max(begin_, end_ - ring_samples);
}

void FarEnd::put_silence(std::int64_t samples) {
  if (samples >= ring_samples) {
    begin_ = end_ += samples;
    return;
  }
  for (; samples > 0; --samples) {
    ring_[static_cast<std::size_t>(end_++) % ring_samples] = 0;
  }
  begin_ = std::max(begin_, end_ - ring_samples);
}

// False: nothing but silence.
bool FarEnd::fetch(std::int64_t first, std::span<float> out) const {
  bool sound = false;
  for (float& value : out) {
    const bool known = first >= begin_ && first < end_;
    const std::int16_t sample =
        known ? ring_[static_cast<std::size_t>(first) % ring_samples] : std::int16_t{0};
    sound = sound || sample != 0;
    value = sample;
    ++first;
  }
  return sound;
}

void FarEnd::read(std::int64_t at_ns, Frame out) const {
  std::fill(out.begin(), out.end(), std::int16_t{0});
  if (!timeline_.known()) return;
  const double position = timeline_.position_of(at_ns);
  const double whole = std::floor(position);
  const std::int64_t first =
      static_cast<std::int64_t>(whole) - (static_cast<std::int64_t>(taps) / 2 - 1);
  std::array<float, fetched> samples;
  if (!fetch(first, samples)) return;
  const double fraction = position - whole;
  for (std::size_t n = 0; n < frame_samples; ++n) {
    const auto at =
        static_cast<std::size_t>(std::lround((fraction + step * static_cast<double>(n)) * phases));
    const std::array<float, taps>& filter = filters()[at % phases];
    const float* from = samples.data() + at / phases;
    std::array<float, 4> sums{};  // one after the other would wait for each addition
    for (std::size_t tap = 0; tap < taps; tap += sums.size()) {
      for (std::size_t k = 0; k < sums.size(); ++k)
        sums[k] += from[tap + k] * filter[tap + k];
    }
    const long sum = std::lround(sums[0] + sums[1] + sums[2] + sums[3]);
    out[n] = static_cast<std::int16_t>(std::clamp(sum, -32768L, 32767L));
  }
}

}  // namespace gv::echo
