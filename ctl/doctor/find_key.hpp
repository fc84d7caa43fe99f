// Where the key comes from, as doctor sees it: the one place that asks for it. Blocks; never asks
// the daemon.
#pragma once

#include <string>

#include "ctl/doctor/gather.hpp"
#include "daemon/config/secret.hpp"

namespace gv::ctl {

// The file of the unit that gives it the systemd credential, which comes before every other source;
// empty: none does.
std::string credential_file(const UnitFacts& unit);

struct FoundKey {
  KeyFacts facts;
  config::Secret key;  // empty: none that we can see
};
FoundKey find_key(const config::Config& config, const UnitFacts& unit);

}  // namespace gv::ctl
