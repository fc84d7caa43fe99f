#include "daemon/audio/backlog.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gv::audio {

void Backlog::push_front(std::vector<Piece> pieces) {
  if (offset_ > 0) {
    std::vector<std::int16_t>& first = pieces_.front().samples;
    first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(offset_));
    offset_ = 0;
  }
  pieces_.insert(pieces_.begin(), std::move_iterator(pieces.begin()),
                 std::move_iterator(pieces.end()));
}

PlayoutQueue::Read Backlog::read(std::span<std::int16_t> out) {
  PlayoutQueue::Read result;
  if (pieces_.empty()) return result;
  Piece& piece = pieces_.front();
  const std::size_t n = std::min(piece.samples.size() - offset_, out.size());
  std::copy_n(piece.samples.begin() + static_cast<std::ptrdiff_t>(offset_), n, out.begin());
  result.frames = static_cast<unsigned>(n);
  result.turn = piece.turn;
  if (n > 0 && piece.received_ns) {
    result.first_of_turn = true;
    result.received_ns = *std::exchange(piece.received_ns, std::nullopt);
  }
  offset_ += n;
  if (offset_ == piece.samples.size()) {
    result.end_of_turn = piece.end_of_turn;
    pieces_.pop_front();
    offset_ = 0;
  }
  return result;
}

std::size_t Backlog::peek(std::span<std::int16_t> out) const {
  std::size_t done = 0;
  std::size_t skip = offset_;
  for (const Piece& piece : pieces_) {
    const auto rest = std::span(piece.samples).subspan(skip);
    skip = 0;
    const std::size_t n = std::min(rest.size(), out.size() - done);
    std::copy_n(rest.begin(), n, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += n;
  }
  return done;
}

std::uint64_t Backlog::frames() const {
  std::uint64_t frames = 0;
  for (const Piece& piece : pieces_)
    frames += piece.samples.size();
  return frames - offset_;
}

bool Backlog::turn_end_queued() const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.end_of_turn; });
}

void Backlog::drop(std::vector<std::uint64_t>& dropped) {
  for (const Piece& piece : pieces_) {
    if (!piece.samples.empty() && (dropped.empty() || dropped.back() != piece.turn)) {
      dropped.push_back(piece.turn);
    }
  }
  clear();
}

void Backlog::clear() {
  pieces_.clear();
  offset_ = 0;
}

}  // namespace gv::audio
