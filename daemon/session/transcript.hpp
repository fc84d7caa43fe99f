// The conversation so far, newest last, bounded. Pure; main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "daemon/session/control.hpp"

namespace gv::session {

class Transcript {
 public:
  // Oldest entries go first, so that at most this much is kept.
  static constexpr std::size_t max_entries = 2000;
  static constexpr std::size_t max_bytes = 1024UL * 1024;

  void add(TranscriptEntry entry);
  // newest: how many; 0: all.
  std::vector<TranscriptEntry> newest(std::uint32_t count) const;

 private:
  std::deque<TranscriptEntry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace gv::session
