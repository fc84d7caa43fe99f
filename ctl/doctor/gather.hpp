// The facts that doctor judges, from this machine. Each function blocks, for some seconds at most,
// and changes nothing; none starts the daemon.
#pragma once

#include <string>
#include <vector>

#include "ctl/doctor/network.hpp"
#include "ctl/doctor/programs.hpp"
#include "ctl/doctor/service.hpp"
#include "ctl/doctor/settings.hpp"
#include "ctl/doctor/sound.hpp"
#include "daemon/config/secret.hpp"

namespace gv::ctl {

// gather_service.cpp
BusFacts gather_bus();
UnitFacts gather_unit();
struct UnitFile {
  std::string path;
  std::string text;
};
std::vector<UnitFile> read_unit_files(const UnitFacts& facts);
// Whether the programs that systemd starts have the variable.
bool manager_has(const std::string& variable);

// gather_network.cpp
NetworkFacts gather_network(const config::Api& api, const config::Secret& key);

// gather_sound.cpp. not_tried: why the devices must be left alone; empty: they are opened.
SoundFacts gather_sound(const config::Audio& wanted, const std::string& not_tried);

// gather_programs.cpp
std::vector<NamedProgram> gather_programs(const config::Config& config);

}  // namespace gv::ctl
