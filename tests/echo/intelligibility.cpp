#include "tests/echo/intelligibility.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gv::test {
namespace {

constexpr std::size_t window = 512;  // 32 ms
constexpr std::size_t hop = 256;
constexpr std::size_t bands = 15;  // third octaves from 150 Hz on
constexpr std::size_t segment = 24;
constexpr double rate = 16000;

using Envelope = std::array<double, bands>;

std::vector<Envelope> envelopes(const Signal& signal) {
  std::vector<Envelope> result;
  std::vector<std::complex<float>> block(window);
  for (std::size_t at = 0; at + window <= signal.size(); at += hop) {
    for (std::size_t n = 0; n < window; ++n) {
      const double hann =
          0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(n) / window);
      block[n] = signal[at + n] * static_cast<float>(hann);
    }
    transform(block, false);
    Envelope envelope{};
    for (std::size_t band = 0; band < bands; ++band) {
      const double centre = 150 * std::exp2(static_cast<double>(band) / 3);
      const auto low = static_cast<std::size_t>(centre * std::exp2(-1.0 / 6) / rate * window);
      const auto high = static_cast<std::size_t>(centre * std::exp2(1.0 / 6) / rate * window);
      double power = 0;
      for (std::size_t k = low; k <= std::max(low, high - 1); ++k)
        power += std::norm(block[k]);
      envelope[band] = std::sqrt(power);
    }
    result.push_back(envelope);
  }
  return result;
}

double energy(const Envelope& envelope) {
  double sum = 0;
  for (const double value : envelope)
    sum += value * value;
  return sum;
}

Signal aligned(const Signal& clean, const Signal& processed) {
  double best = 0;
  std::size_t delay = 0;
  for (std::size_t candidate = 0; candidate <= 320; candidate += 4) {
    double sum = 0;
    for (std::size_t n = 0; n + candidate < processed.size() && n < clean.size(); n += 3)
      sum += static_cast<double>(clean[n]) * processed[n + candidate];
    if (sum <= best) continue;
    best = sum;
    delay = candidate;
  }
  return Signal(processed.begin() + static_cast<std::ptrdiff_t>(delay), processed.end());
}

double correlation(const std::vector<const Envelope*>& clean,
                   const std::vector<const Envelope*>& processed, std::size_t band) {
  double clean_power = 0;
  double processed_power = 1e-9;
  for (std::size_t n = 0; n < segment; ++n) {
    clean_power += (*clean[n])[band] * (*clean[n])[band];
    processed_power += (*processed[n])[band] * (*processed[n])[band];
  }
  const double gain = std::sqrt(clean_power / processed_power);
  // What is added to the speech counts up to 15 dB above it.
  const double most = 1 + std::pow(10, 15.0 / 20);
  std::array<double, segment> x{};
  std::array<double, segment> y{};
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t n = 0; n < segment; ++n) {
    x[n] = (*clean[n])[band];
    y[n] = std::min((*processed[n])[band] * gain, x[n] * most);
    mean_x += x[n] / segment;
    mean_y += y[n] / segment;
  }
  double xy = 0;
  double xx = 1e-9;
  double yy = 1e-9;
  for (std::size_t n = 0; n < segment; ++n) {
    xy += (x[n] - mean_x) * (y[n] - mean_y);
    xx += (x[n] - mean_x) * (x[n] - mean_x);
    yy += (y[n] - mean_y) * (y[n] - mean_y);
  }
  return xy / std::sqrt(xx * yy);
}

}  // namespace

double intelligibility(const Signal& clean, const Signal& processed) {
  const std::vector<Envelope> all_clean = envelopes(clean);
  const std::vector<Envelope> all_processed = envelopes(aligned(clean, processed));
  double loudest = 0;
  for (const Envelope& envelope : all_clean)
    loudest = std::max(loudest, energy(envelope));
  std::vector<const Envelope*> spoken;
  std::vector<const Envelope*> heard;
  for (std::size_t n = 0; n < std::min(all_clean.size(), all_processed.size()); ++n) {
    if (energy(all_clean[n]) < loudest * 1e-4) continue;
    spoken.push_back(&all_clean[n]);
    heard.push_back(&all_processed[n]);
  }
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t at = 0; at + segment <= spoken.size(); at += segment / 4) {
    const std::vector<const Envelope*> x(
        spoken.begin() + static_cast<std::ptrdiff_t>(at),
        spoken.begin() + static_cast<std::ptrdiff_t>(at + segment));
    const std::vector<const Envelope*> y(heard.begin() + static_cast<std::ptrdiff_t>(at),
                                         heard.begin() + static_cast<std::ptrdiff_t>(at + segment));
    for (std::size_t band = 0; band < bands; ++band)
      sum += correlation(x, y, band);
    count += bands;
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, count));
}

}  // namespace gv::test
