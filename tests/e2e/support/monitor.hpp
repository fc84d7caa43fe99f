// Everything that goes over a bus.
#pragma once

#include <string>
#include <string_view>

#include "tests/e2e/support/deadline.hpp"
#include "tests/e2e/support/session_bus.hpp"

namespace gv::e2e {

class Monitor {
 public:
  explicit Monitor(const SessionBus& bus) : process_({"dbus-monitor", "--address", bus.address()}) {
    require("dbus-monitor listens", [this] { return !process_.output().empty(); });
  }
  std::string seen() const { return process_.output(); }

 private:
  Process process_;
};

}  // namespace gv::e2e
