// doctor --audio: what was played and heard, in words and numbers. Pure.
#pragma once

#include <optional>

#include "ctl/audio_check.hpp"
#include "ctl/finding.hpp"

namespace gv::ctl {

// What the canceller took away in a second pass with it; none: it is not built in, or there was no
// second pass.
struct Cancellation {
  std::optional<double> erle_db;  // none: too little was heard to tell
};

Findings report(const AudioCheck& check, const std::optional<Cancellation>& cancellation);

// Whether a second pass with the canceller would tell anything: the first one heard an echo.
bool has_echo(const AudioCheck& check);

}  // namespace gv::ctl
