// How much of an answer has to be there before it is played, at its start and after the device has
// run dry within it (audio.md 1.8). On a smooth network that is what was configured; every dry run
// asks for more the next time, and every turn without one for a little less again. Pure; audio
// thread.
#pragma once

#include <cstdint>

namespace gv::audio {

class Jitter {
 public:
  static constexpr std::int64_t step_ns = 80'000'000;   // more after a dry run
  static constexpr std::int64_t ease_ns = 40'000'000;   // less after a turn without one
  static constexpr std::int64_t most_ns = 400'000'000;  // to wait for, what was configured included
  static constexpr std::int64_t pause_ns = 700'000'000;  // not the network: the model has paused

  // base_ms: what is waited for on a smooth network; 0: nothing ever. adapt: false keeps it.
  void configure(unsigned base_ms, bool adapt);
  // Nothing has played before this, or has for a while: what comes is waited for.
  void begin(std::int64_t now);
  // The device has run dry within a turn.
  void starve(std::int64_t now);
  void turn_ended();
  // Whether samples may be taken: once enough is there, or all of the turn, or as much as came
  // within the time for which it would have lasted. frames: readable, at 24 kHz.
  bool may_read(std::uint64_t frames, bool end_queued, std::int64_t now);
  bool waiting() const { return waiting_; }
  // While waiting: when to look again at the latest; 0: when something has come.
  std::int64_t next_look() const { return since_ == 0 ? 0 : since_ + target_ns(); }
  std::int64_t target_ns() const;
  void rest() { waiting_ = false; }

 private:
  std::int64_t base_ns_ = 0;
  bool adapt_ = true;
  std::int64_t extra_ns_ = 0;
  bool waiting_ = false;
  std::int64_t since_ = 0;       // first audio seen while waiting; 0: none yet
  std::int64_t starved_at_ = 0;  // 0: what is waited for is a start
  bool starved_in_turn_ = false;
};

}  // namespace gv::audio
