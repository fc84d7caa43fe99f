#include "daemon/audio/chunker.hpp"

#include <algorithm>

namespace gv::audio {

Chunker::Chunker(unsigned period_ms)
    : min_frames_(std::size_t{capture_rate} / 1000 * std::clamp(period_ms, 20U, 40U)) {
  pending_.reserve(capture_rate);  // a second: more than a device holds for who comes late
}

void Chunker::push(std::span<const std::int16_t> samples, std::int64_t last_ns) {
  pending_.insert(pending_.end(), samples.begin(), samples.end());
  last_ns_ = last_ns;
}

bool Chunker::pop(CaptureChunk& chunk) {
  const std::size_t held = pending_.size();
  if (held < min_frames_) return false;
  // After a stall there is more than one chunk's worth: equal parts, so that none is left over, or
  // full ones where equal parts would be too short.
  const std::size_t parts = (held + max_chunk_frames - 1) / max_chunk_frames;
  const std::size_t equal = held / parts;
  const std::size_t frames = equal >= min_frames_ ? equal : max_chunk_frames;
  std::copy_n(pending_.begin(), frames, chunk.samples.begin());
  chunk.frames = static_cast<unsigned>(frames);
  const auto after = static_cast<std::int64_t>(held - frames);
  chunk.captured_ns = last_ns_ - after * 1'000'000'000 / capture_rate;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(frames));
  return true;
}

}  // namespace gv::audio
