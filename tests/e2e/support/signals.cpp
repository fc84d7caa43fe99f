#include "tests/e2e/support/signals.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace gv::e2e {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double speech_band = 3000;  // Hz

std::size_t frames(double seconds, unsigned rate) {
  return static_cast<std::size_t>(std::lround(seconds * rate));
}

// Windowed sinc, cut off at speech_band.
std::vector<double> low_pass(unsigned rate) {
  constexpr int half = 100;
  std::vector<double> taps;
  for (int n = -half; n <= half; ++n) {
    const double x = 2 * speech_band / rate * n;
    const double sinc = n == 0 ? 1 : std::sin(pi * x) / (pi * x);
    const double window = 0.42 + 0.5 * std::cos(pi * n / half) + 0.08 * std::cos(2 * pi * n / half);
    taps.push_back(sinc * window * 2 * speech_band / rate);
  }
  return taps;
}

}  // namespace

Samples speech(double seconds, unsigned rate, std::uint32_t seed) {
  const std::vector<double> taps = low_pass(rate);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const std::size_t count = frames(seconds, rate);
  std::vector<double> noise(count + taps.size());
  for (double& sample : noise)
    sample = uniform(random);

  Samples result(count);
  const double fade = 0.005 * rate;
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < taps.size(); ++k)
      sum += taps[k] * noise[i + k];
    const double t = static_cast<double>(i) / rate;
    const double syllables = 0.6 + 0.4 * std::cos(2 * pi * 4 * t);
    const double edge =
        std::min({1.0, static_cast<double>(i + 1) / fade, static_cast<double>(count - i) / fade});
    const double ramp = 0.5 - 0.5 * std::cos(pi * edge);
    result[i] = static_cast<std::int16_t>(
        std::lround(std::clamp(18000 * sum * syllables * ramp, -32000.0, 32000.0)));
  }
  return result;
}

Samples white_noise(double seconds, unsigned rate, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> uniform(-16384, 16383);
  Samples result(frames(seconds, rate));
  for (std::int16_t& sample : result)
    sample = static_cast<std::int16_t>(uniform(random));
  // Its ends must be seen, not guessed.
  if (!result.empty()) result.front() = result.back() = 12345;
  return result;
}

Samples tone(double seconds, unsigned rate, double hertz, int amplitude) {
  Samples result(frames(seconds, rate));
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<std::int16_t>(
        std::lround(amplitude * std::sin(2 * pi * hertz * static_cast<double>(i) / rate)));
  }
  return result;
}

}  // namespace gv::e2e
