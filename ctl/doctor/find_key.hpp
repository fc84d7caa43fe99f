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
// Asks programs, each for two minutes at most.
FoundKey find_key(const config::Config& config, const UnitFacts& unit);

// Whom find_key() asks where no source has it at once: "the keyring"; empty: nobody.
std::string asked_for_key(const config::Api& api);

}  // namespace gv::ctl
