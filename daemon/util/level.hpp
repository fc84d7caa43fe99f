// How loud samples are. The one convention of all levels that people see (AES17): a sine at the
// limits is 0 dBFS, so that a square wave is +3. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace gv {

inline constexpr double silence_dbfs = -96;  // the least there is: as good as nothing in 16 bits

// Mean of the squares, in samples' units; 0 of none.
double mean_square(std::span<const std::int16_t> samples);

// dBFS of samples with that mean square, at least silence_dbfs.
double dbfs(double mean_square);
inline double dbfs(std::span<const std::int16_t> samples) {
  return dbfs(mean_square(samples));
}

}  // namespace gv
