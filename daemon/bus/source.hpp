// What an event loop must know of a D-Bus connection, sdbus-c++'s (compat.hpp) or libsystemd's
// (sd_bus.hpp). Used by Pump.
#pragma once

#include <functional>
#include <vector>

#include <poll.h>

namespace gv::bus {

// What to wait for now, and for how long at most. True until the connection is used again.
struct PollNeeds {
  std::vector<pollfd> fds;
  int timeout_ms = -1;  // -1: no limit
};

// Both functions may throw where the bus is gone.
struct Source {
  std::function<bool()> process_one;  // handles one pending message; false: there was none
  std::function<PollNeeds()> needs;
};

}  // namespace gv::bus
