#include "daemon/audio/gain.hpp"

#include <cmath>
#include <cstddef>

namespace gv::audio {

void Gain::ramp(std::uint64_t position, double target, unsigned frames) {
  ramp_from(at(position), position, target, frames);
}

void Gain::ramp_from(double start, std::uint64_t position, double target, unsigned frames) {
  from_ = position;
  start_ = start;
  target_ = target;
  frames_ = frames;
}

double Gain::at(std::uint64_t position) const {
  if (position < from_) return start_;
  const std::uint64_t into = position - from_;
  if (into >= frames_) return target_;
  return start_ + (target_ - start_) * static_cast<double>(into) / frames_;
}

void Gain::apply(std::uint64_t position, std::span<std::int16_t> samples) const {
  for (std::int16_t& sample : samples) {
    const double gain = at(position++);
    if (gain != 1) sample = static_cast<std::int16_t>(std::lround(sample * gain));
  }
}

void fade_away(std::span<const std::int16_t> last, std::span<std::int16_t> out) {
  for (std::size_t n = 0; n < out.size(); ++n) {
    if (n >= last.size()) {
      out[n] = 0;
      continue;
    }
    const double gain = 1 - static_cast<double>(n + 1) / static_cast<double>(out.size() + 1);
    out[n] = static_cast<std::int16_t>(std::lround(last[last.size() - 1 - n] * gain));
  }
}

}  // namespace gv::audio
