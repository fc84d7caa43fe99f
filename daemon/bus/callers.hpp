// Tells people from the programs that we have started: who may answer for the user. Main thread
// only; asks the bus without waiting for it.
//
// It keeps what a tool reads (a web page, a file) from approving a call of its own by way of
// another tool. Refused is who descends from this process, which what has lost its parent (a double
// fork) still does while this process lives (daemon/tools/orphans), and, where this process is the
// unit gemini-voiced.service, who is in that unit. Not refused is what other programs start for a
// tool (systemd-run, a terminal's server): the session bus has no rights of single programs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/bus/compat.hpp"
#include "daemon/util/error.hpp"

namespace gv::bus {

class Callers {
 public:
  explicit Callers(sdbus::IConnection& connection);  // which must outlive this

  // sender: a unique name, of the message that is being handled. verdict: Error::none where it may
  // answer for the user, else why not; called once, later, and not after the end of this.
  void judge(const std::string& sender, std::function<void(const Failure&)> verdict);

 private:
  std::unique_ptr<sdbus::IProxy> bus_;
};

}  // namespace gv::bus
