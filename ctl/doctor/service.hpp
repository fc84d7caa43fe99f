// The session bus, who answers there, and the unit that runs it. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ctl/finding.hpp"

namespace gv::ctl {

struct BusFacts {
  std::string error;         // why there is no session bus; empty: there is
  bool addressed = true;     // DBUS_SESSION_BUS_ADDRESS is set
  bool owned = false;        // somebody has the daemon's name,
  long owner = 0;            // this process,
  std::string program;       // which is this; empty: not known
  bool activatable = false;  // the bus can start it
  std::string activation;    // the file that says so, where one is found; empty: none
  // Of the daemon, where it runs:
  std::string silence;  // why it did not answer; empty: it did
  std::string version;
  std::string state;
  // Of the desktop: there, or startable.
  bool notifications = false;
  bool portal = false;
};

// own_version: of this program.
Findings judge_bus(const BusFacts& facts, std::string_view own_version);
Findings judge_desktop(const BusFacts& facts);

struct UnitFacts {
  bool systemd = false;  // it is what this machine runs on
  std::string error;     // why it does not answer for this user; empty: it does
  std::map<std::string, std::string, std::less<>> shown;  // by `systemctl --user show`
  bool linger = false;                                    // its user's services run without a login
  std::string last_line;  // of the log, where it has failed; empty: not known
};
// NAME=value, a line each.
std::map<std::string, std::string, std::less<>> read_properties(std::string_view text);

Findings judge_unit(const UnitFacts& facts);

}  // namespace gv::ctl
