#include "tests/echo/signal.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <random>

#include "daemon/audio/resampler.hpp"

namespace gv::test {
namespace {

constexpr double full_scale = 32768;

// Of the sinc functions in shift(): 1/4096 of a sample is 80 dB below the signal.
constexpr int half = 24;
constexpr std::size_t phases = 4096;

const std::vector<float>& filters() {
  static const std::vector<float> table = [] {
    std::vector<float> made;
    made.reserve(phases * 2 * half);
    for (std::size_t phase = 0; phase < phases; ++phase) {
      for (int k = -half + 1; k <= half; ++k) {
        const double x = static_cast<double>(phase) / phases - k;
        const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / (half + 1));
        const double sinc =
            std::abs(x) < 1e-9 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
        made.push_back(static_cast<float>(sinc * window));
      }
    }
    return made;
  }();
  return table;
}

}  // namespace

void transform(std::vector<std::complex<float>>& data, bool back) {
  const std::size_t size = data.size();
  for (std::size_t i = 1, j = 0; i < size; ++i) {
    std::size_t bit = size >> 1;
    for (; (j & bit) != 0; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) std::swap(data[i], data[j]);
  }
  std::vector<std::complex<float>> roots(size / 2);
  for (std::size_t k = 0; k < roots.size(); ++k) {
    const double angle =
        (back ? 2 : -2) * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
    roots[k] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  }
  for (std::size_t length = 2; length <= size; length *= 2) {
    const std::size_t middle = length / 2;
    const std::size_t stride = size / length;
    for (std::size_t begin = 0; begin < size; begin += length) {
      for (std::size_t k = 0; k < middle; ++k) {
        const std::complex<float> a = data[begin + k];
        const std::complex<float> root = roots[k * stride];
        const std::complex<float> b = data[begin + k + middle];
        const std::complex<float> turned{b.real() * root.real() - b.imag() * root.imag(),
                                         b.real() * root.imag() + b.imag() * root.real()};
        data[begin + k] = a + turned;
        data[begin + k + middle] = a - turned;
      }
    }
  }
}

double decibels(double power_ratio) {
  return 10 * std::log10(std::max(power_ratio, 1e-12));
}

double active_level(const Signal& signal, unsigned rate) {
  const std::size_t piece = rate / 100;
  std::vector<double> powers;
  for (std::size_t at = 0; at + piece <= signal.size(); at += piece) {
    double power = 0;
    for (std::size_t n = at; n < at + piece; ++n)
      power += static_cast<double>(signal[n]) * signal[n];
    powers.push_back(power / static_cast<double>(piece));
  }
  const double loudest = *std::max_element(powers.begin(), powers.end());
  double sum = 0;
  std::size_t count = 0;
  for (const double power : powers) {
    if (power < loudest / 1000) continue;
    sum += power;
    ++count;
  }
  return decibels(sum / static_cast<double>(std::max<std::size_t>(1, count)) /
                  (full_scale * full_scale));
}

void scale(Signal& signal, double db) {
  const auto factor = static_cast<float>(std::pow(10, db / 20));
  for (float& sample : signal)
    sample *= factor;
}

void set_level(Signal& signal, double dbfs, unsigned rate) {
  scale(signal, dbfs - active_level(signal, rate));
}

void add(Signal& signal, const Signal& other) {
  for (std::size_t n = 0; n < std::min(signal.size(), other.size()); ++n)
    signal[n] += other[n];
}

Signal convolve(const Signal& signal, const Signal& response) {
  std::size_t size = 1;
  while (size < 2 * response.size())
    size *= 2;
  size *= 2;
  const std::size_t fresh = size - response.size();
  std::vector<std::complex<float>> kernel(size);
  std::copy(response.begin(), response.end(), kernel.begin());
  transform(kernel, false);
  Signal result(signal.size() + response.size());
  std::vector<std::complex<float>> block(size);
  for (std::size_t at = 0; at < signal.size(); at += fresh) {
    std::fill(block.begin(), block.end(), std::complex<float>{});
    const std::size_t count = std::min(fresh, signal.size() - at);
    std::copy_n(signal.begin() + static_cast<std::ptrdiff_t>(at), count, block.begin());
    transform(block, false);
    for (std::size_t k = 0; k < size; ++k) {
      const std::complex<float> a = block[k];
      const std::complex<float> b = kernel[k];
      block[k] = {a.real() * b.real() - a.imag() * b.imag(),
                  a.real() * b.imag() + a.imag() * b.real()};
    }
    transform(block, true);
    for (std::size_t n = 0; n < size && at + n < result.size(); ++n)
      result[at + n] += block[n].real() / static_cast<float>(size);
  }
  result.resize(signal.size());
  return result;
}

Signal noise(std::size_t samples, double dbfs, unsigned seed) {
  std::minstd_rand random(seed);
  std::normal_distribution<float> normal(0,
                                         static_cast<float>(full_scale * std::pow(10, dbfs / 20)));
  Signal result(samples);
  const std::size_t different = std::min<std::size_t>(samples, 1 << 20);  // more is never noticed
  std::generate_n(result.begin(), different, [&] { return normal(random); });
  for (std::size_t n = different; n < samples; ++n)
    result[n] = result[n - different];
  return result;
}

Signal shift(const Signal& signal, double delay_samples, double speed, std::size_t samples) {
  Signal result(samples);
  for (std::size_t n = 0; n < samples; ++n) {
    const double at = (static_cast<double>(n) - delay_samples) * speed;
    const double whole = std::floor(at);
    const std::int64_t first = static_cast<std::int64_t>(whole) - half + 1;
    if (first < 0 || first + 2 * half > static_cast<std::int64_t>(signal.size())) continue;
    const auto phase = static_cast<std::size_t>((at - whole) * phases);
    const float* filter = filters().data() + phase * 2 * half;
    const float* from = signal.data() + first;
    float sum = 0;
    for (std::size_t k = 0; k < 2 * half; ++k)
      sum += from[k] * filter[k];
    result[n] = sum;
  }
  return result;
}

Signal convert(const Signal& signal, unsigned from, unsigned to) {
  audio::Resampler resampler(from, to);
  std::vector<std::int16_t> samples;
  resampler.process(to_samples(signal), samples);
  return Signal(samples.begin(), samples.end());
}

Signal overdrive(const Signal& signal, double dbfs) {
  const double knee = full_scale * std::pow(10, dbfs / 20);
  Signal result(signal.size());
  for (std::size_t n = 0; n < signal.size(); ++n)
    result[n] = static_cast<float>(knee * std::tanh(signal[n] / knee));
  return result;
}

std::vector<std::int16_t> to_samples(const Signal& signal) {
  std::vector<std::int16_t> samples(signal.size());
  for (std::size_t n = 0; n < signal.size(); ++n)
    samples[n] = static_cast<std::int16_t>(std::clamp(std::lround(signal[n]), -32768L, 32767L));
  return samples;
}

}  // namespace gv::test
