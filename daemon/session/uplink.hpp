// The newest sound of the microphone, so that neither a change of connection nor one that is still
// being made loses a word (live-api.md section 7.2, step 5). Pure; main thread; owned by the feed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace gv::session {

class Uplink {
 public:
  struct Chunk {
    std::uint64_t number = 0;      // 1, 2, ...
    std::int64_t captured_ns = 0;  // CLOCK_MONOTONIC, of the last frame
    std::vector<std::int16_t> samples;

    std::int64_t length_ns() const {
      return static_cast<std::int64_t>(samples.size()) * 62'500;  // at 16 kHz
    }
    std::int64_t begin_ns() const { return captured_ns - length_ns(); }
  };

  // More than so many frames are not kept: the oldest go.
  void limit(std::size_t max_frames) { max_frames_ = max_frames; }
  // The one that has to go next; nullptr: none.
  const Chunk* going(std::size_t for_frames) const;
  void keep(std::span<const std::int16_t> samples, std::int64_t captured_ns);
  // What was captured wholly between these moments goes.
  void drop(std::int64_t from_ns, std::int64_t until_ns);
  // The oldest chunk after that number and that moment; nullptr: none yet. Valid until keep().
  const Chunk* next(std::uint64_t after, std::int64_t captured_ns) const;
  const Chunk* newest() const { return chunks_.empty() ? nullptr : &chunks_.back(); }
  void clear();

 private:
  std::deque<Chunk> chunks_;
  std::size_t frames_ = 0;
  std::size_t max_frames_ = 16000;
  std::uint64_t last_number_ = 0;
};

}  // namespace gv::session
