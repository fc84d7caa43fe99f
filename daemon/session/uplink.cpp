#include "daemon/session/uplink.hpp"

namespace gv::session {

void Uplink::keep(std::span<const std::int16_t> samples, std::int64_t captured_ns) {
  Chunk chunk;
  frames_ += samples.size();
  while (!chunks_.empty() && frames_ > max_frames_) {
    frames_ -= chunks_.front().samples.size();
    chunk = std::move(chunks_.front());  // its memory serves again
    chunks_.pop_front();
  }
  chunk.number = ++last_number_;
  chunk.captured_ns = captured_ns;
  chunk.samples.assign(samples.begin(), samples.end());
  chunks_.push_back(std::move(chunk));
}

const Uplink::Chunk* Uplink::next(std::uint64_t after, std::int64_t captured_ns) const {
  if (chunks_.empty()) return nullptr;
  // Their numbers have no gaps.
  const std::uint64_t first = chunks_.front().number;
  for (std::size_t i = after < first ? 0 : after - first + 1; i < chunks_.size(); ++i) {
    if (chunks_[i].captured_ns > captured_ns) return &chunks_[i];
  }
  return nullptr;
}

void Uplink::clear() {
  chunks_.clear();
  frames_ = 0;
}

}  // namespace gv::session
