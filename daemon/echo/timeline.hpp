// When each sample of a stream that runs without a break happens, from what its device says block
// by block. The device's figures are late, early or absurd at times (pulse wanders by 20 ms while a
// stream starts, audio.md 1.7), and a canceller hates nothing more than a reference that trembles:
// the median of a few sets the time when a stream starts. What is up to 5 ms wrong later is let be,
// and what is more is corrected slowly: a clock that is wrong by 100 ppm is followed that way, 5 ms
// behind.
// More than a little is believed when it has lasted, much that was lost after some blocks.
// That a stream broke off is believed when two blocks say so, or where it was cut or paused.
//
// Pure; the audio thread. Times in ns of the monotonic clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gv::echo {

class Timeline {
 public:
  explicit Timeline(double samples_per_second) : period_ns_(1e9 / samples_per_second) {}

  // The device says that sample `index` happens at `ns`; `samples` begin there. Gives how many
  // samples were left out before it: not 0 where the stream broke off, and below 0 where samples
  // come twice. The caller counts on from index + what is left out.
  std::int64_t observe(std::int64_t index, std::int64_t ns, std::size_t samples);
  // The next block may come at any time: the stream was cut.
  void expect_break() { break_expected_ = true; }
  void reset() { known_ = false; }

  bool known() const { return known_; }
  std::int64_t time_of(std::int64_t index) const;  // only where known()
  double position_of(std::int64_t ns) const;       // likewise: index and fraction

 private:
  double median() const;

  double period_ns_;
  bool known_ = false;
  bool break_expected_ = false;
  std::int64_t base_index_ = 0;
  std::int64_t base_ns_ = 0;
  double offset_ns_ = 0;  // what was learned since about base_ns_
  double slow_error_ns_ = 0;
  double wrong_for_ns_ = 0;  // how long it has perhaps been a later time; < 0: an earlier one
  double doubtful_ns_ = 0;   // an error that was not believed; 0: the last one was
  std::array<double, 9> errors_{};  // of the latest blocks, before any correction of offset_ns_
  std::size_t count_ = 0;           // of blocks since the stream began
};

}  // namespace gv::echo
