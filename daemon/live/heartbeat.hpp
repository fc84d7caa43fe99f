// When to ask a silent service whether it is there, and when to give it up. Pure; main thread;
// owned by the transport.
//
// Pongs have been seen to come 30 s late (live-api.md section 1.4), and a peer that vanished
// without a word is to be noticed within 60 s: a ping after 20 s of silence, the end after 55 s.
#pragma once

#include <cstdint>

namespace gv::live {

class Heartbeat {
 public:
  enum class Verdict { alive, ask, dead };

  // Something came: a message, a pong, or nobody listened.
  void heard(std::int64_t now_ns) {
    heard_ns_ = now_ns;
    asked_ns_ = 0;
  }
  // To be called about every second. `ask`: send a ping now.
  Verdict look(std::int64_t now_ns);

 private:
  std::int64_t heard_ns_ = 0;
  std::int64_t asked_ns_ = 0;  // 0: not since it was heard
};

}  // namespace gv::live
