#include "daemon/session/transcript.hpp"

#include <algorithm>
#include <utility>

namespace gv::session {

void Transcript::add(TranscriptEntry entry) {
  bytes_ += entry.text.size();
  entries_.push_back(std::move(entry));
  while (entries_.size() > max_entries || (bytes_ > max_bytes && entries_.size() > 1)) {
    bytes_ -= entries_.front().text.size();
    entries_.pop_front();
  }
}

std::vector<TranscriptEntry> Transcript::newest(std::uint32_t count) const {
  const auto wanted = count == 0 ? entries_.size() : std::min<std::size_t>(count, entries_.size());
  return {entries_.end() - static_cast<std::ptrdiff_t>(wanted), entries_.end()};
}

}  // namespace gv::session
