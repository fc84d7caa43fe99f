// Where the key comes from, as doctor sees it: the one place that asks for it. Blocks; never asks
// the daemon.
#pragma once

#include "ctl/doctor/gather.hpp"

namespace gv::ctl {

KeyFacts find_key(const config::Config& config, const UnitFacts& unit);

}  // namespace gv::ctl
