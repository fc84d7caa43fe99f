// What is done about the speaker's sound in the microphone: as configured, or what fits; and why.
// Pure; main thread; owned by the driver.
#pragma once

#include <optional>
#include <string>

#include "daemon/audio/engine.hpp"
#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"

namespace gv::session {

audio::EchoHandling handling(EchoMode mode);

class EchoPolicy {
 public:
  // For a session that begins: what an earlier one has shown is forgotten. built_in: the daemon has
  // a canceller.
  void begin(config::Echo wanted, bool built_in);
  // The configuration is another one.
  void want(config::Echo wanted) { wanted_ = wanted; }
  // The speaker is a new one: another room.
  void playing_to(bool headphones);
  // Something was plugged into the card's jack, or pulled out of it.
  void plugged(bool headphones) { headphones_ = headphones; }
  // The library refused.
  void no_canceller() { broken_ = true; }
  // What the canceller's own figures are now, with every chunk of the microphone. Seconds of echo
  // that it leaves there speak against it; that somebody speaks, on headphones too, does not.
  void measured(const audio::Levels& levels);

  EchoMode mode() const;
  // Of mode(), for people: the end of a sentence that says which.
  std::string why() const;
  bool may_cancel() const { return mode() == EchoMode::cancel || (able() && automatic()); }

 private:
  bool automatic() const { return wanted_ == config::Echo::automatic; }
  bool able() const { return built_in_ && !broken_; }

  config::Echo wanted_ = config::Echo::automatic;
  bool built_in_ = false;
  bool broken_ = false;
  bool headphones_ = false;
  std::optional<double> bad_erle_db_;  // what was measured when the canceller was given up
};

}  // namespace gv::session
