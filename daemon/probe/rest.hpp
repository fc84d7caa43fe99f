// What the service answers over plain HTTP. Each waits, for a few seconds at most.
#pragma once

#include <boost/json.hpp>

#include "daemon/probe/errand.hpp"

namespace gv::probe {

// Lists the models, once. {"ok": true, "models": […]} or {"ok": false, "error": TEXT}, and where
// it answered at all, "status"; "refused": it is the key's fault; "server_time": seconds since the
// epoch by its clock.
boost::json::object list_models(const Errand& errand);

// What time it is there, where its certificate was refused and a clock of ours that is off would be
// why: so this, and this alone, looks at no certificate, and sends no key. {} where it does not
// tell.
boost::json::object ask_the_time(const Errand& errand);

}  // namespace gv::probe
