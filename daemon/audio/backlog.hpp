// Sound of answers that was taken out of the playout queue, and back from the device before it was
// heard: it is read before what is in the queue. Pure; audio thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "daemon/audio/playout_queue.hpp"

namespace gv::audio {

class Backlog {
 public:
  struct Piece {  // of one turn
    std::uint64_t turn = 0;
    std::vector<std::int16_t> samples;
    // Where the device has not accepted the turn's first sample yet, and this is it.
    std::optional<std::int64_t> received_ns;
    bool end_of_turn = false;  // these samples (if any) are the turn's last
  };

  void push_back(Piece piece) { pieces_.push_back(std::move(piece)); }
  // Before all that is in it.
  void push_front(std::vector<Piece> pieces);
  // As PlayoutQueue::read(): at most one piece's worth.
  PlayoutQueue::Read read(std::span<std::int16_t> out);
  // Copies what is read next, leaves it there. Returns how many samples there were.
  std::size_t peek(std::span<std::int16_t> out) const;
  bool empty() const { return pieces_.empty(); }
  std::uint64_t frames() const;
  bool turn_end_queued() const;
  // Empties it, and appends the turns it had audio of to `dropped`.
  void drop(std::vector<std::uint64_t>& dropped);
  void clear();

 private:
  std::deque<Piece> pieces_;
  std::size_t offset_ = 0;  // into the first
};

}  // namespace gv::audio
