// The WebSocket of the Live API, opened by the daemon's own transport and closed again at once:
// nothing is said, no session begins.
#pragma once

#include <asio/io_context.hpp>
#include <boost/json.hpp>

#include "daemon/probe/errand.hpp"

namespace gv::probe {

// {"ok": true} or {"ok": false, "error": TEXT, "status": of HTTP, where it answered; "refused": it
// is the key's fault}. Waits, for a few seconds at most.
boost::json::object upgrade(asio::io_context& io, const Errand& errand);

}  // namespace gv::probe
