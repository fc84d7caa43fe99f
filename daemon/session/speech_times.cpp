#include "daemon/session/speech_times.hpp"

#include <algorithm>

namespace gv::session {

void SpeechTimes::began(std::int64_t at_ns) {
  spans_.push_back({at_ns, 0, 0});
  if (spans_.size() > max_spans) spans_.pop_front();
}

void SpeechTimes::ended(std::int64_t at_ns) {
  if (spans_.empty() || spans_.back().end_ns != 0) return;
  spans_.back().end_ns = std::max(at_ns, spans_.back().begin_ns + 1);
}

void SpeechTimes::words(std::uint64_t turn) {
  std::int64_t next_ns = 0;
  for (auto span = spans_.rbegin(); span != spans_.rend() && span->turn == 0; ++span) {
    if (next_ns != 0 && next_ns - span->end_ns > longest_pause_ns) return;
    span->turn = turn;
    next_ns = span->begin_ns;
  }
}

std::optional<SpeechTimes::Span> SpeechTimes::of(std::uint64_t turn, std::int64_t now_ns) const {
  std::optional<Span> all;
  for (const Spoken& span : spans_) {
    if (span.turn != turn) continue;
    if (!all) all = Span{span.begin_ns, 0};
    all->end_ns = span.end_ns != 0 ? span.end_ns : now_ns;
  }
  return all;
}

}  // namespace gv::session
