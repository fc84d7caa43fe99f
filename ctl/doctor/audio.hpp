// doctor --audio: both devices with a test sound, in findings. Blocks, some twenty seconds.
#pragma once

#include "ctl/finding.hpp"
#include "ctl/options.hpp"
#include "daemon/config/config.hpp"

namespace gv::ctl {

// Throws Problem where a conversation is going on.
Findings audio_findings(const config::Audio& wanted, const Options& options);

}  // namespace gv::ctl
