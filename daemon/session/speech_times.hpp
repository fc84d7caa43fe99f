// When the user spoke, by the microphone, and which turn that was: the service tells the words
// without their times. Pure; main thread; owned by the machine. Times are CLOCK_MONOTONIC, ns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace gv::session {

class SpeechTimes {
 public:
  static constexpr std::size_t max_spans = 64;
  // What was said longer before than this was no part of the same sentences.
  static constexpr std::int64_t longest_pause_ns = 3'000'000'000;

  void clear() { spans_.clear(); }
  // Speech was captured from this moment on, and up to this one.
  void began(std::int64_t at_ns);
  void ended(std::int64_t at_ns);
  // Words of this turn came in, before its answer: what has been said last is of it.
  void words(std::uint64_t turn);

  struct Span {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
  };
  // All that was said for this turn; where it goes on still, it ends now.
  std::optional<Span> of(std::uint64_t turn, std::int64_t now_ns) const;

 private:
  struct Spoken {
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;  // 0: it lasts
    std::uint64_t turn = 0;   // 0: nobody's yet
  };
  std::deque<Spoken> spans_;  // newest last
};

}  // namespace gv::session
