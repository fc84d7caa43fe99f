// Earcons laid over the stream that goes to the speaker: added to what is there, answer or silence,
// so that no sample of an answer is lost or late. Pure; audio thread. Like Gain a function of the
// position in the stream (the tracker's), so that sound which is taken back from the device and
// made anew has them where they were.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "daemon/audio/earcon.hpp"

namespace gv::audio {

class EarconOverlay {
 public:
  // Who mutes and unmutes for the fun of it hears the newest.
  static constexpr std::size_t most_waiting = 2;

  // To be placed. What would wait too long is left out, the oldest first.
  void ring(Earcon which);
  bool waiting() const { return !waiting_.empty(); }
  // Those that wait are heard from `position` on, one after the other.
  void place(std::uint64_t position);
  // Behind the last sample of what was placed; 0: nothing was.
  std::uint64_t end() const { return placed_.empty() ? 0 : placed_.back().end(); }
  // Adds them to `samples`, the first of which is at `position`.
  void apply(std::uint64_t position, std::span<std::int16_t> samples) const;
  // The stream ends, and was heard up to `position`: what is left waits for the next one.
  void keep_rest(std::uint64_t position);
  // The stream ends. What waits is still to come.
  void reset() { placed_.clear(); }
  void clear() {
    placed_.clear();
    waiting_.clear();
  }

 private:
  struct Placed {
    std::uint64_t begin;
    std::vector<std::int16_t> samples;
    std::uint64_t end() const { return begin + samples.size(); }
  };

  std::deque<std::vector<std::int16_t>> waiting_;
  std::deque<Placed> placed_;
};

}  // namespace gv::audio
