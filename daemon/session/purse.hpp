// What the driver asks of who keeps the books: usage::Bookkeeper. Main thread.
#pragma once

#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"

namespace gv::session {

class Purse {
 public:
  virtual ~Purse() = default;
  // A session with this profile is about to begin, and its account with it. Throws
  // FailureError(budget_exceeded) where there is no money for it.
  virtual void begin(const config::Profile& profile) = 0;
  // For GetStatistics.
  virtual Values values() const = 0;
};

}  // namespace gv::session
