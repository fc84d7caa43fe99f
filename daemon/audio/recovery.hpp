// Getting a PCM going again after an error, by its state and without sleeping (audio.md 1.5).
#pragma once

#include <cstdint>

#include "daemon/audio/alsa_pcm.hpp"

namespace gv::audio {

enum class Recovery {
  done,   // prepared: start it or write to it
  later,  // the card has not woken up yet: again in 100 ms
  lost,
};

// error: of the call that failed, negative errno; 0 where only poll() complained.
Recovery recover(AlsaPcm& pcm, long error);

// A device that needs more than 3 recoveries within 2 s without playing or delivering anything in
// between is lost: a dead sound server "recovers" for ever.
class RecoveryBudget {
 public:
  bool allow(std::int64_t now);
  void progress() { count_ = 0; }

 private:
  int count_ = 0;
  std::int64_t first_ns_ = 0;
};

}  // namespace gv::audio
