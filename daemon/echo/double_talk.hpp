// Whether the microphone is louder than the echo alone can make it, told within some frames: what
// the canceller lets through of somebody who begins to speak into the far end's words comes too
// late to make room for them. By bands, as Geigel's detector does over the whole: what of the far
// end's power arrives at the microphone at most is learnt, and what exceeds it is somebody's. It
// needs no linear loudspeaker, no exact delay and no common clock. Pure; the audio thread; fed by
// EchoFilter with each frame.
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
  static constexpr std::size_t reach = 6;  // frames: what the devices' figures may be wrong by

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
  struct Band {
    Filter near;
    Filter far;
    std::array<float, reach> latest{};  // powers of the far end, dB
    float tail_db = 0;                  // the loudest of them, and how a room lets it fade
    float floor_db = 20;                // of the microphone
    float coupling_db = 0;              // what arrives at most
    unsigned learnt = 0;                // frames
  };

  float excess_db(Band& band, ConstFrame captured, ConstFrame far, bool learn) const;

  std::array<Band, bands> bands_{};
  std::size_t frames_ = 0;
  unsigned exceeding_ = 0;  // frames in a row, about
  unsigned untaught_ = 0;   // frames in a row
};

}  // namespace gv::echo
