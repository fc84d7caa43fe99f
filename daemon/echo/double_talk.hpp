// Whether the microphone is louder than the echo alone can make it, told within some frames: what
// the canceller lets through of somebody who begins to speak into the far end's words comes too
// late to make room for them. In each of some bands it is learnt what of the far end's power
// arrives at the microphone, and how late; and by how much that is exceeded at most, in one frame
// and in the mean of some. What exceeds it by more is somebody's. It needs no linear loudspeaker,
// no exact delay and no common clock. Pure; the audio thread; fed by EchoFilter with each frame.
#pragma once

#include <array>
#include <cstddef>

#include "daemon/echo/canceller.hpp"

namespace gv::echo {

class DoubleTalk {
 public:
  DoubleTalk();

  // captured: before anything is taken out. far: what the speaker plays no later than that is heard
  // in it. learn: nobody speaks as far as is known. True: louder than the echo.
  bool add(ConstFrame captured, ConstFrame far, bool learn);
  void reset() { *this = DoubleTalk(); }

 private:
  static constexpr std::size_t bands = 9;
  // frames: what the devices' figures may be wrong by, and how a room begins to answer
  static constexpr std::size_t reach = 10;

  // Two poles, two zeros.
  struct Filter {
    float a1 = 0;
    float a2 = 0;
    float gain = 0;
    float x1 = 0;
    float x2 = 0;
    float y1 = 0;
    float y2 = 0;
    float power(ConstFrame frame);  // of what passes
  };
  // By how much what is expected is exceeded at most, but for one frame in a hundred.
  struct Limit {
    float most_db = 0;
    float excess_db(float beyond_db, float speed);  // and learns; speed 0: does not
  };
  struct Excess {
    float now_db = 0;
    float lately_db = 0;
  };
  struct Band {
    Filter near;
    Filter far;
    // Powers of the far end: of this frame and those before it, and what a room keeps of all
    // that were earlier.
    std::array<float, reach + 1> played{};
    std::array<float, reach + 1> weights{};  // what of each is heard
    float echo = 0;                          // power, as far as that tells
    float floor_db = 20;                     // of the microphone
    float near_lately = 0;                   // power, smoothed
    float echo_lately = 0;
    Limit now;
    Limit lately;         // of the smoothed ones: shows who is about as loud as the echo
    unsigned learnt = 0;  // frames
  };

  static bool plays(const Band& band);  // the far end, loud enough to be heard
  void forget();
  static Excess excess(Band& band, ConstFrame captured, ConstFrame far, bool learn);

  std::array<Band, bands> bands_{};
  Excess evidence_;
  unsigned untaught_ = 0;  // frames of the far end in a row
};

}  // namespace gv::echo
