#include "daemon/session/uplink.hpp"

namespace gv::session {

void Uplink::keep(std::span<const std::int16_t> samples, std::int64_t captured_ns) {
  Chunk chunk;
  frames_ += samples.size();
  while (!chunks_.empty() && frames_ > max_frames) {
    frames_ -= chunks_.front().samples.size();
    chunk = std::move(chunks_.front());  // its memory serves again
    chunks_.pop_front();
  }
  chunk.captured_ns = captured_ns;
  chunk.samples.assign(samples.begin(), samples.end());
  chunks_.push_back(std::move(chunk));
}

std::vector<std::span<const std::int16_t>> Uplink::since(std::int64_t captured_ns) const {
  std::vector<std::span<const std::int16_t>> found;
  for (const Chunk& chunk : chunks_) {
    if (chunk.captured_ns > captured_ns) found.emplace_back(chunk.samples);
  }
  return found;
}

void Uplink::clear() {
  chunks_.clear();
  frames_ = 0;
}

}  // namespace gv::session
