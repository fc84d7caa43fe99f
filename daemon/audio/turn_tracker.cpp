#include "daemon/audio/turn_tracker.hpp"

#include <algorithm>

namespace gv::audio {
namespace {

unsigned to_ms(std::uint64_t frames) {
  return static_cast<unsigned>(frames * 1000 / playback_rate);
}

}  // namespace

TurnTracker::Turn& TurnTracker::open_turn(std::uint64_t turn) {
  if (turns_.empty() || turns_.back().id != turn || turns_.back().ended) {
    // A turn that was never ended has ended by the start of the next.
    if (!turns_.empty()) turns_.back().ended = true;
    turns_.push_back({.id = turn, .end = written_});
  }
  return turns_.back();
}

void TurnTracker::add_audio(std::uint64_t turn, unsigned frames) {
  Turn& current = open_turn(turn);
  if (!segments_.empty() && segments_.back().turn == turn && segments_.back().end == written_) {
    segments_.back().end += frames;
  } else {
    segments_.push_back({turn, written_, written_ + frames});
  }
  written_ += frames;
  audio_end_ = written_;
  current.end = written_;
}

void TurnTracker::drop_audio(std::uint64_t turn) {
  open_turn(turn).cut = true;
}

void TurnTracker::lose(std::uint64_t position) {
  hear(position);
  for (const Segment& segment : segments_) {
    for (Turn& turn : turns_) {
      if (turn.id == segment.turn) turn.cut = true;
    }
  }
  segments_.clear();
}

void TurnTracker::end_turn(std::uint64_t turn) {
  if (turn_open() && turns_.back().id == turn) turns_.back().ended = true;
}

std::vector<TurnTracker::Taken> TurnTracker::take_back(std::uint64_t position) {
  std::vector<Taken> taken;
  if (position >= written_) return taken;
  while (!segments_.empty() && segments_.back().end > position) {
    Segment& last = segments_.back();
    taken.push_back({last.turn, std::max(last.begin, position), last.end, false});
    last.end = std::max(last.begin, position);
    if (last.begin < last.end) break;
    segments_.pop_back();
  }
  std::reverse(taken.begin(), taken.end());
  for (; !turns_.empty() && turns_.back().end > position; turns_.pop_back()) {
    Turn& last = turns_.back();
    for (auto one = taken.rbegin(); last.ended && one != taken.rend(); ++one) {
      if (one->turn != last.id) continue;
      one->ended = true;
      break;
    }
    last.ended = false;
    last.end = position;
    const bool begun = last.heard > 0 || (!segments_.empty() && segments_.back().turn == last.id);
    if (begun) break;
  }
  written_ = position;
  audio_end_ = std::min(audio_end_, position);
  return taken;
}

void TurnTracker::hear(std::uint64_t position) {
  while (!segments_.empty()) {
    Segment& segment = segments_.front();
    const std::uint64_t upto = std::min(position, segment.end);
    if (upto <= segment.begin) return;
    for (Turn& turn : turns_) {
      if (turn.id == segment.turn) turn.heard += upto - segment.begin;
    }
    segment.begin = upto;
    if (segment.begin < segment.end) return;
    segments_.pop_front();
  }
}

void TurnTracker::advance(std::uint64_t position, std::vector<Played>& out, std::int64_t now_ns) {
  hear(position);
  while (end_awaited() && turns_.front().end <= position) {
    const Turn& turn = turns_.front();
    const auto ago_ns = static_cast<std::int64_t>((position - turn.end) * 1'000'000 / 24);
    const bool known = now_ns != 0 && !turn.cut;
    out.push_back({.turn = turn.id,
                   .heard_ms = to_ms(turn.heard),
                   .cut = turn.cut,
                   .end_ns = known ? now_ns - ago_ns : 0});
    turns_.pop_front();
  }
}

void TurnTracker::cut(std::uint64_t position, std::int64_t silent_ns,
                      std::span<const std::uint64_t> dropped, std::vector<Played>& out) {
  advance(position, out);
  for (const Turn& turn : turns_) {
    out.push_back({turn.id, to_ms(turn.heard), true, silent_ns});
  }
  for (const std::uint64_t turn : dropped) {
    const bool known =
        std::any_of(out.begin(), out.end(), [turn](const Played& p) { return p.turn == turn; });
    if (!known) out.push_back({turn, 0, true, silent_ns});
  }
  reset();
}

void TurnTracker::reset() {
  segments_.clear();
  turns_.clear();
  written_ = 0;
  audio_end_ = 0;
}

}  // namespace gv::audio
