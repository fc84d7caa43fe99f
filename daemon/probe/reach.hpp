// The way to the service, before anything is said there: its name, a connection, TLS. Each waits;
// who started this program has the patience to count.
#pragma once

#include <string>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <boost/json.hpp>

#include "daemon/probe/errand.hpp"

namespace gv::probe {

using Addresses = asio::ip::tcp::resolver::results_type;

// {"ok": true, "addresses": […]} or {"ok": false, "error": TEXT}
boost::json::object resolve(asio::io_context& io, const Errand& errand, Addresses& found);

// {"ok": true, "address": TEXT} or {"ok": false, "error": TEXT}
boost::json::object connect(const Addresses& addresses, asio::ip::tcp::socket& socket);

// The certificate is judged as the daemon does. {"ok": true, "protocol": TEXT} or {"ok": false,
// "error": TEXT, "about_time": whether a clock that is off would explain it}.
boost::json::object shake_hands(asio::ip::tcp::socket socket, const Errand& errand);

}  // namespace gv::probe
