// A private session bus: a real dbus-daemon that nothing else of the machine is on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/process.hpp"

namespace gv::e2e {

class SessionBus {
 public:
  SessionBus();

  std::string address() const;
  // DBUS_SESSION_BUS_ADDRESS, for children.
  Environment environment() const;

  // The end of the session: every connection is cut.
  void kill() { daemon_.reset(); }

  // From now on a call to `name` starts `command`, with the environment of the bus.
  void make_activatable(const std::string& name, const std::string& command);
  // A variable for programs that the bus starts.
  void set_activation_environment(const Environment& environment);

 private:
  TempDir dir_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace gv::e2e
