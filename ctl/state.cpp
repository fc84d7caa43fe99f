#include "ctl/state.hpp"

#include "ctl/problem.hpp"
#include "daemon/config/paths.hpp"

namespace gv::ctl {

std::string state_folder(const char* what) {
  auto folder = config::state_folder(config::process_environment());
  if (folder.empty()) {
    throw Problem(Exit::failed, what, "there is no home for it", "with HOME or XDG_STATE_HOME set");
  }
  return folder;
}

}  // namespace gv::ctl
