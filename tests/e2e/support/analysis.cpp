#include "tests/e2e/support/analysis.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <functional>
#include <numbers>
#include <vector>

namespace gv::e2e {
namespace {

using Complex = std::complex<double>;

// In place, radix 2; the inverse is not scaled.
void transform(std::vector<Complex>& values, bool inverse) {
  const std::size_t n = values.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1)
      j ^= bit;
    j ^= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  std::vector<Complex> roots(n / 2);
  const double turn = (inverse ? 2 : -2) * std::numbers::pi / static_cast<double>(n);
  for (std::size_t i = 0; i < roots.size(); ++i) {
    roots[i] = std::polar(1.0, turn * static_cast<double>(i));
  }
  for (std::size_t length = 2; length <= n; length <<= 1) {
    const std::size_t stride = n / length;
    for (std::size_t start = 0; start < n; start += length) {
      for (std::size_t k = 0; k < length / 2; ++k) {
        const Complex even = values[start + k];
        const Complex odd = values[start + k + length / 2] * roots[k * stride];
        values[start + k] = even + odd;
        values[start + k + length / 2] = even - odd;
      }
    }
  }
}

std::vector<Complex> padded(SampleView samples, std::size_t size) {
  std::vector<Complex> values(size);
  std::ranges::copy(samples, values.begin());
  return values;
}

// The most of a correlation between the neighbours of its greatest value: a resampler's delay is no
// whole number of samples.
double peak_near(const std::vector<Complex>& correlation, std::size_t index) {
  constexpr int reach = 32;
  double most = correlation[index].real();
  for (const double fraction : {-0.5, -0.25, 0.25, 0.5}) {
    double sum = 0;
    for (int n = -reach; n <= reach; ++n) {
      const double x = std::numbers::pi * (fraction - n);
      const double window = 0.5 + 0.5 * std::cos(x / (reach + 1));
      const std::size_t at = (index + correlation.size() + n) % correlation.size();
      sum += correlation[at].real() * std::sin(x) / x * window;
    }
    most = std::max(most, sum);
  }
  return most;
}

double energy(SampleView samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  return sum;
}

}  // namespace

std::optional<std::size_t> find_exact(SampleView heard, SampleView sent) {
  const auto found = std::search(heard.begin(), heard.end(),
                                 std::boyer_moore_horspool_searcher(sent.begin(), sent.end()));
  if (found == heard.end()) return std::nullopt;
  return static_cast<std::size_t>(found - heard.begin());
}

std::size_t equal_samples(SampleView heard, SampleView sent, std::size_t at) {
  if (at > heard.size()) return 0;
  const SampleView rest = heard.subspan(at);
  const auto [end, ignored] = std::ranges::mismatch(sent, rest);
  return static_cast<std::size_t>(end - sent.begin());
}

Match find_similar(SampleView heard, SampleView pattern) {
  const std::size_t size = std::bit_ceil(heard.size() + pattern.size());
  std::vector<Complex> spectrum = padded(heard, size);
  std::vector<Complex> other = padded(pattern, size);
  transform(spectrum, false);
  transform(other, false);
  for (std::size_t i = 0; i < size; ++i)
    spectrum[i] *= std::conj(other[i]);
  transform(spectrum, true);
  const auto best = std::ranges::max_element(
      spectrum, [](const Complex& a, const Complex& b) { return a.real() < b.real(); });
  const auto index = best - spectrum.begin();
  const bool before = index >= static_cast<std::ptrdiff_t>(heard.size());
  const std::ptrdiff_t at = before ? index - static_cast<std::ptrdiff_t>(size) : index;

  const auto begin = static_cast<std::size_t>(std::max<std::ptrdiff_t>(at, 0));
  const std::size_t end =
      std::min(heard.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(
                                 at + static_cast<std::ptrdiff_t>(pattern.size()), 0)));
  const double heard_energy = begin < end ? energy(heard.subspan(begin, end - begin)) : 0;
  const double scale = std::sqrt(heard_energy * energy(pattern)) * static_cast<double>(size);
  const auto peak = peak_near(spectrum, static_cast<std::size_t>(index));
  return {at, scale > 0 ? peak / scale : 0};
}

Samples doubled(SampleView samples) {
  const std::size_t size = std::bit_ceil(samples.size() + 1024);
  std::vector<Complex> spectrum = padded(samples, size);
  transform(spectrum, false);
  const auto half = static_cast<std::ptrdiff_t>(size / 2);
  std::vector<Complex> wide(size * 2);
  std::copy_n(spectrum.begin(), half, wide.begin());
  std::copy_n(spectrum.end() - half, half, wide.end() - half);
  transform(wide, true);
  Samples result(samples.size() * 2);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double value = wide[i].real() / static_cast<double>(size);
    result[i] = static_cast<std::int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
  }
  return result;
}

Samples thinned(SampleView samples, unsigned n) {
  Samples result;
  result.reserve(samples.size() / n + 1);
  for (std::size_t i = 0; i < samples.size(); i += n)
    result.push_back(samples[i]);
  return result;
}

double snr_db(SampleView heard, SampleView sent, std::ptrdiff_t at) {
  const auto sample_at = [heard](std::ptrdiff_t index) -> double {
    if (index < 0 || index >= static_cast<std::ptrdiff_t>(heard.size())) return 0;
    return heard[static_cast<std::size_t>(index)];
  };
  const auto slope_at = [sent](std::size_t i) -> double {
    if (i == 0 || i + 1 >= sent.size()) return 0;
    return (static_cast<double>(sent[i + 1]) - sent[i - 1]) / 2;
  };
  double along = 0;
  double slopes = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const double slope = slope_at(i);
    along += (sample_at(at + static_cast<std::ptrdiff_t>(i)) - sent[i]) * slope;
    slopes += slope * slope;
  }
  const double fraction = slopes > 0 ? along / slopes : 0;
  double noise = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const double difference =
        sample_at(at + static_cast<std::ptrdiff_t>(i)) - sent[i] - fraction * slope_at(i);
    noise += difference * difference;
  }
  return noise > 0 ? 10 * std::log10(energy(sent) / noise) : 200;
}

std::size_t end_of_sound(SampleView samples, int threshold) {
  for (std::size_t i = samples.size(); i > 0; --i) {
    if (std::abs(samples[i - 1]) > threshold) return i;
  }
  return 0;
}

std::size_t longest_silence(SampleView samples, int threshold) {
  std::size_t longest = 0;
  std::size_t current = 0;
  for (const std::int16_t sample : samples) {
    current = std::abs(sample) <= threshold ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  return longest;
}

}  // namespace gv::e2e
