#include "daemon/audio/earcon_overlay.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include "daemon/audio/engine.hpp"

namespace gv::audio {
namespace {

constexpr std::size_t pause_frames = playback_rate / 25;     // 40 ms between two
constexpr std::size_t fade_in_frames = playback_rate / 200;  // 5 ms
// So old that no device has it any more.
constexpr std::uint64_t forgotten_frames = std::uint64_t{2} * playback_rate;

std::int16_t sum(int a, int b) {
  using Limits = std::numeric_limits<std::int16_t>;
  return static_cast<std::int16_t>(std::clamp<int>(a + b, Limits::min(), Limits::max()));
}

}  // namespace

void EarconOverlay::ring(Earcon which) {
  waiting_.push_back(synthesise(which));
  if (waiting_.size() > most_waiting) waiting_.pop_front();
}

void EarconOverlay::place(std::uint64_t position) {
  while (!placed_.empty() && placed_.front().end() + forgotten_frames < position)
    placed_.pop_front();
  // Two that are still to be heard are enough.
  while (!waiting_.empty() &&
         (placed_.size() < 2 || placed_[placed_.size() - 2].end() < position)) {
    const std::uint64_t begin =
        placed_.empty() ? position : std::max(position, end() + pause_frames);
    placed_.push_back({begin, std::move(waiting_.front())});
    waiting_.pop_front();
  }
}

void EarconOverlay::apply(std::uint64_t position, std::span<std::int16_t> samples) const {
  for (const Placed& one : placed_) {
    const std::uint64_t first = std::max(position, one.begin);
    const std::uint64_t last = std::min(position + samples.size(), one.end());
    for (std::uint64_t at = first; at < last; ++at) {
      std::int16_t& sample = samples[at - position];
      sample = sum(sample, one.samples[at - one.begin]);
    }
  }
}

void EarconOverlay::keep_rest(std::uint64_t position) {
  std::deque<std::vector<std::int16_t>> rest;
  for (Placed& one : placed_) {
    if (one.end() <= position) continue;
    std::vector<std::int16_t>& samples = one.samples;
    if (position > one.begin) {
      samples.erase(samples.begin(),
                    samples.begin() + static_cast<std::ptrdiff_t>(position - one.begin));
      const std::size_t fade = std::min(samples.size(), fade_in_frames);
      for (std::size_t n = 0; n < fade; ++n)
        samples[n] =
            static_cast<std::int16_t>(samples[n] * static_cast<int>(n) / static_cast<int>(fade));
    }
    rest.push_back(std::move(samples));
  }
  placed_.clear();
  waiting_.insert(waiting_.begin(), std::make_move_iterator(rest.begin()),
                  std::make_move_iterator(rest.end()));
  while (waiting_.size() > most_waiting)
    waiting_.pop_front();
}

}  // namespace gv::audio
