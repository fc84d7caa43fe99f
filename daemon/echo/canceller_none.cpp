// Built without echo cancellation.
#include "daemon/echo/canceller.hpp"

namespace gv::echo {

std::unique_ptr<Canceller> make_canceller(const Settings&) {
  return nullptr;
}

bool cancellation_built_in() {
  return false;
}

}  // namespace gv::echo
