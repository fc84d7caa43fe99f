// Which turn's samples are where in what was written to the device, so that "heard" is what the
// device has played and not what it was given. Pure. Used by the audio thread.
//
// Positions are frames at 24 kHz since reset(), silence included.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "daemon/audio/engine.hpp"

namespace gv::audio {

class TurnTracker {
 public:
  void add_audio(std::uint64_t turn, unsigned frames);
  void add_silence(unsigned frames) { written_ += frames; }
  // Audio that is not written anywhere: its turn will be reported as cut.
  void drop_audio(std::uint64_t turn);
  // Nothing beyond `position` will be heard: as if it had been dropped. All counts as written.
  void lose(std::uint64_t position);
  void end_turn(std::uint64_t turn);
  // Sound of an answer that is taken back from the device.
  struct Taken {
    std::uint64_t turn;
    std::uint64_t begin;
    std::uint64_t end;
    bool ended;  // with it, its turn's end
  };
  // As if nothing had been written beyond `position`, which was not heard yet.
  std::vector<Taken> take_back(std::uint64_t position);

  // The device has played up to `position`: appends the turns that ended before it. now_ns: when;
  // 0: nobody knows.
  void advance(std::uint64_t position, std::vector<Played>& out, std::int64_t now_ns = 0);
  // The device was stopped at `position`: appends every turn that had audio and was not reported,
  // and the turns of `dropped` (which never reached the device). Nothing is left after it.
  void cut(std::uint64_t position, std::int64_t silent_ns, std::span<const std::uint64_t> dropped,
           std::vector<Played>& out);
  void reset();

  std::uint64_t written() const { return written_; }
  std::uint64_t audio_end() const { return audio_end_; }  // behind the last sample of an answer
  bool turn_open() const { return !turns_.empty() && !turns_.back().ended; }
  bool end_awaited() const { return !turns_.empty() && turns_.front().ended; }

 private:
  struct Segment {  // of one turn, without a gap
    std::uint64_t turn;
    std::uint64_t begin;
    std::uint64_t end;
  };
  struct Turn {
    std::uint64_t id;
    std::uint64_t end = 0;  // position behind its last sample so far
    std::uint64_t heard = 0;
    bool ended = false;
    bool cut = false;
  };

  Turn& open_turn(std::uint64_t turn);
  void hear(std::uint64_t position);

  std::deque<Segment> segments_;
  std::deque<Turn> turns_;
  std::uint64_t written_ = 0;
  std::uint64_t audio_end_ = 0;
};

}  // namespace gv::audio
