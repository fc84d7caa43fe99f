#include "daemon/session/uplink.hpp"

#include <algorithm>

namespace gv::session {

const Uplink::Chunk* Uplink::going(std::size_t for_frames) const {
  return !chunks_.empty() && frames_ + for_frames > max_frames_ ? &chunks_.front() : nullptr;
}

void Uplink::keep(std::span<const std::int16_t> samples, std::int64_t captured_ns) {
  Chunk chunk;
  while (going(samples.size()) != nullptr) {
    frames_ -= chunks_.front().samples.size();
    chunk = std::move(chunks_.front());  // its memory serves again
    chunks_.pop_front();
  }
  frames_ += samples.size();
  chunk.number = ++last_number_;
  chunk.captured_ns = captured_ns;
  chunk.samples.assign(samples.begin(), samples.end());
  chunks_.push_back(std::move(chunk));
}

const Uplink::Chunk* Uplink::next(std::uint64_t after, std::int64_t captured_ns) const {
  const auto unsent = std::ranges::upper_bound(chunks_, after, {}, &Chunk::number);
  const auto found = std::find_if(unsent, chunks_.end(), [captured_ns](const Chunk& chunk) {
    return chunk.captured_ns > captured_ns;
  });
  return found == chunks_.end() ? nullptr : &*found;
}

void Uplink::drop(std::int64_t from_ns, std::int64_t until_ns) {
  const auto first = std::ranges::lower_bound(chunks_, from_ns, {}, &Chunk::begin_ns);
  auto last = first;
  for (; last != chunks_.end() && last->captured_ns <= until_ns; ++last)
    frames_ -= last->samples.size();
  chunks_.erase(first, last);
}

void Uplink::clear() {
  chunks_.clear();
  frames_ = 0;
}

}  // namespace gv::session
