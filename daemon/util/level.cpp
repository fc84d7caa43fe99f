#include "daemon/util/level.hpp"

#include <algorithm>
#include <cmath>

namespace gv {

double mean_square(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const double sample : samples)
    sum += sample * sample;
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

double dbfs(double mean_square) {
  constexpr double full_sine = 32768.0 * 32768.0 / 2;
  if (mean_square <= 0) return silence_dbfs;
  return std::max(silence_dbfs, 10 * std::log10(mean_square / full_sine));
}

}  // namespace gv
