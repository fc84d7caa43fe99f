// doctor --audio: what was played and heard, in words and numbers. Pure.
#pragma once

#include <optional>
#include <string>

#include "ctl/audio_check.hpp"
#include "ctl/finding.hpp"
#include "daemon/config/config.hpp"

namespace gv::ctl {

// What the canceller took away in a second pass with it, where there was one.
struct Cancellation {
  std::optional<double> erle_db = {};  // none: too little was heard to tell
  std::string failure = {};            // of a device in that pass; empty: none
  bool good() const;                   // enough to talk without headphones
};

// What decides on the echo mode, besides the devices.
struct EchoSettings {
  config::Echo wanted = config::Echo::automatic;  // audio.echo
  bool built_in = true;                           // there is a canceller,
  bool starts = true;                             // and the library does not refuse it
};

Findings report(const AudioCheck& check, const std::optional<Cancellation>& cancellation,
                const EchoSettings& echo);

// Whether a second pass with the canceller would tell anything: the first one heard an echo.
bool has_echo(const AudioCheck& check);

}  // namespace gv::ctl
