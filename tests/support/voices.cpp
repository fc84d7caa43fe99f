#include "tests/support/voices.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace gv::test {
namespace {

using Wave = std::vector<double>;

constexpr double tau = 2 * std::numbers::pi;

std::size_t frames(double seconds, unsigned rate) {
  return static_cast<std::size_t>(std::lround(seconds * rate));
}

double decibels(double db) {
  return std::pow(10, db / 20);
}

// To the level, over what is not silence.
Sound at_level(const Wave& wave, double level_db) {
  double power = 0;
  double count = 0;
  for (const double sample : wave) {
    power += sample * sample;
    count += std::abs(sample) > 1e-6 ? 1 : 0;
  }
  const double gain = 32768 * decibels(level_db) / std::sqrt(power / std::max(count, 1.0) + 1e-12);
  Sound out;
  for (const double sample : wave)
    out.push_back(
        static_cast<std::int16_t>(std::lround(std::clamp(sample * gain, -32768.0, 32767.0))));
  return out;
}

Wave noise(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  Wave out(n);
  for (double& sample : out)
    sample = normal(random);
  return out;
}

// A resonance.
Wave ring(const Wave& in, double frequency, double width, unsigned rate) {
  const double radius = std::exp(-std::numbers::pi * width / rate);
  const double a1 = 2 * radius * std::cos(tau * frequency / rate);
  const double a2 = -radius * radius;
  Wave out(in.size());
  double y1 = 0;
  double y2 = 0;
  for (std::size_t n = 0; n < in.size(); ++n) {
    out[n] = (1 - radius) * in[n] + a1 * y1 + a2 * y2;
    y2 = y1;
    y1 = out[n];
  }
  return out;
}

}  // namespace

Sound voice(double seconds, unsigned rate, double level_db, double pitch) {
  struct Vowel {
    double first;
    double second;
  };
  constexpr std::array<Vowel, 4> vowels{{{700, 1200}, {300, 2200}, {500, 900}, {400, 1900}}};
  constexpr double syllable = 0.22;
  constexpr double closure = 0.04;
  Wave pulses(frames(seconds, rate));
  double phase = 0;
  for (std::size_t n = 0; n < pulses.size(); ++n) {
    const double t = static_cast<double>(n) / rate;
    phase += pitch * (1 + 0.06 * std::sin(tau * 2.3 * t)) / rate;
    if (phase < 1) continue;
    phase -= 1;
    pulses[n] = 1;
  }
  Wave out(pulses.size());
  for (std::size_t kind = 0; kind < vowels.size(); ++kind) {
    const Wave low = ring(pulses, vowels[kind].first, 90, rate);
    const Wave high = ring(pulses, vowels[kind].second, 120, rate);
    for (std::size_t n = 0; n < out.size(); ++n) {
      const double t = static_cast<double>(n) / rate;
      const auto number = static_cast<std::size_t>(t / syllable);
      if (number % vowels.size() != kind) continue;
      const double within = t - static_cast<double>(number) * syllable;
      const double edge = std::min({within, syllable - closure - within, 0.01});
      if (edge > 0) out[n] = (low[n] + 0.6 * high[n]) * edge / 0.01;
    }
  }
  return at_level(out, level_db);
}

Sound cough(unsigned rate, double level_db) {
  Wave out = ring(noise(frames(0.3, rate), 3), 1100, 900, rate);
  for (std::size_t n = 0; n < out.size(); ++n) {
    const double t = static_cast<double>(n) / rate;
    out[n] *= t < 0.04 ? 1 : 0.4 * std::exp(-(t - 0.04) / 0.1);
  }
  return at_level(out, level_db);
}

Sound click(unsigned rate, double level_db) {
  Wave impulse(frames(0.008, rate));
  impulse[0] = 1;
  impulse[1] = -0.7;
  return at_level(ring(impulse, 2500, 600, rate), level_db);
}

Sound keyboard(double seconds, unsigned rate, double level_db) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> gap(0.07, 0.18);
  Sound out(frames(seconds, rate));
  for (double t = 0.05; t < seconds - 0.1; t += gap(random)) {
    mix(out, click(rate, level_db), frames(t, rate));
    mix(out, click(rate, level_db - 8), frames(t + 0.06, rate));
  }
  return out;
}

Sound hiss(double seconds, unsigned rate, double level_db) {
  return at_level(noise(frames(seconds, rate), 5), level_db);
}

void mix(Sound& into, const Sound& sound, std::size_t at) {
  into.resize(std::max(into.size(), at + sound.size()));
  for (std::size_t n = 0; n < sound.size(); ++n)
    into[at + n] = static_cast<std::int16_t>(std::clamp(into[at + n] + sound[n], -32768, 32767));
}

}  // namespace gv::test
