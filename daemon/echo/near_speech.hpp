// Whether somebody speaks into the microphone, told within some frames and while the far end speaks
// too: what makes the playback fall quiet before the service has heard anything. Pure; fed by
// EchoFilter with each cleaned frame. Levels in dB of full scale.
//
// The library's own voice detection finds voices, but what is left of an echo is a voice as well.
// It is told from words by how much the canceller took away: from an echo 20 dB and more, from
// somebody who is about as loud as the echo much less. A library that leaves so much that this does
// not tell them apart says so (Residue): its voices count while DoubleTalk knows of somebody who
// was louder than the echo. Of the first 140 ms that somebody says into an echo the canceller lets
// through next to nothing: these are heard by DoubleTalk.
#pragma once

#include "daemon/echo/canceller.hpp"

namespace gv::echo {

class NearSpeech {
 public:
  enum class State {
    silent,
    possible,   // some 40 ms of it: a word or a cough
    confirmed,  // some 150 ms
  };
  struct Heard {
    bool voice = false;  // says the library
    double captured_dbfs = 0;
    double cleaned_dbfs = 0;
    double floor_dbfs = 0;  // of the microphone
    bool far_active = false;
    bool beyond_echo = false;  // the microphone is louder than the echo can make it
  };

  explicit NearSpeech(const Residue& residue = {}) : residue_(residue) {}

  State add(const Heard& frame);
  State state() const { return state_; }
  void reset() { *this = NearSpeech(residue_); }

 private:
  bool own(const Heard& frame) const;

  Residue residue_;
  int believed_ = 0;     // frames to come
  double evidence_ = 0;  // frames
  State state_ = State::silent;
};

}  // namespace gv::echo
