// What is done about the speaker's sound in the microphone: as configured, or what fits. Pure; main
// thread; owned by the driver.
#pragma once

#include "daemon/audio/engine.hpp"
#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"

namespace gv::session {

audio::EchoHandling handling(EchoMode mode);

class EchoPolicy {
 public:
  // For a session that begins. built_in: the daemon has a canceller.
  void begin(config::Echo wanted, bool built_in);
  // The speaker is a new one.
  void playing_to(bool headphones) { headphones_ = headphones; }
  EchoMode mode() const;
  bool may_cancel() const { return mode() == EchoMode::cancel || (built_in_ && automatic()); }

 private:
  bool automatic() const { return wanted_ == config::Echo::automatic; }

  config::Echo wanted_ = config::Echo::automatic;
  bool built_in_ = false;
  bool headphones_ = false;
};

}  // namespace gv::session
