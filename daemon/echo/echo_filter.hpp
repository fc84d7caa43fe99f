// Takes the speaker's sound out of what the microphone captured: cuts it into the canceller's
// frames, finds for each what the speaker played at that time, and measures how well it works.
//
// Pure but for the canceller; owned and called by the audio thread alone. Times are monotonic ns.
// process() takes no memory once `out` has grown to a block and one frame, but where the canceller
// does because its reference moved.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/echo/canceller.hpp"
#include "daemon/echo/delay_finder.hpp"
#include "daemon/echo/double_talk.hpp"
#include "daemon/echo/far_end.hpp"
#include "daemon/echo/measures.hpp"
#include "daemon/echo/near_speech.hpp"
#include "daemon/echo/timeline.hpp"

namespace gv::echo {

// The canceller's filter only knows echoes that come after what makes them, and the times that
// devices tell are wrong by some ms: the reference is what the speaker plays so much later.
constexpr std::int64_t reference_lead_ns = 20'000'000;

class EchoFilter {
 public:
  // canceller: not nullptr.
  EchoFilter(std::unique_ptr<Canceller> canceller, const FarEnd& far_end);

  // samples: 16 kHz mono, without a break to those of the call before unless the time jumps.
  // last_ns: when the last of them was captured. Appends whole frames to `out`: what is left over,
  // less than 10 ms, comes with the next call (nothing where blocks are multiples of 10 ms).
  // out_last_ns: when the last one of what was appended was captured.
  void process(std::span<const std::int16_t> samples, std::int64_t last_ns,
               std::vector<std::int16_t>& out, std::int64_t& out_last_ns);
  // False: the far end is taken for silent, and only the rest of the processing is done.
  void cancel(bool wanted);
  // Microphone or speaker are others: another room, for all we know but for its untold_ns.
  void reset(std::int64_t untold_ns = 0);
  // The same one, which was closed for a while.
  void resume();

  // How much later than its device says the speaker is heard; 0 where that is within what the
  // canceller bears, or not known.
  std::int64_t untold_ns() const { return untold_ns_; }
  // The microphone follows the speaker, wherever in time: as of some seconds.
  bool echo_found() const { return finder_.echo().has_value(); }
  // As of the last frame that came out.
  const Measures& measures() const { return measures_; }
  // Whether somebody speaks into the microphone.
  const NearSpeech& near_speech() const { return near_speech_; }

 private:
  void clean(std::vector<std::int16_t>& out);
  void follow_delay();

  std::unique_ptr<Canceller> canceller_;
  const FarEnd& far_end_;
  Timeline timeline_{rate};
  std::int64_t captured_ = 0;                        // index of the next sample to come
  std::array<std::int16_t, frame_samples> frame_{};  // being filled
  std::size_t filled_ = 0;
  DelayFinder finder_;
  std::int64_t untold_ns_ = 0;
  std::int64_t canceller_untold_ns_ = 0;  // what it has not found by itself of that
  int settling_ = 0;                      // frames to come in which it learns what moved
  bool cancels_ = true;
  Measures measures_;
  DoubleTalk double_talk_;
  NearSpeech near_speech_;
};

}  // namespace gv::echo
