// live::Transport over websocketpp, standalone Asio and OpenSSL. Main thread only.
#pragma once

#include <memory>

#include <asio/io_context.hpp>

#include "daemon/live/transport.hpp"

namespace gv::live {

// `io` must outlive the transport.
std::unique_ptr<Transport> make_wspp_transport(asio::io_context& io);

}  // namespace gv::live
