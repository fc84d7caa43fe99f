// The listening socket and the WebSocket framing, with TLS or without. Main thread only.
#pragma once

#include <cstdint>
#include <memory>

#include <asio/io_context.hpp>

#include "tests/sim/session.hpp"

namespace gv::sim {

class Server {
 public:
  Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  virtual ~Server() = default;

  // Listens at once; throws std::runtime_error where that fails. wss where the options name a
  // certificate.
  static std::unique_ptr<Server> create(asio::io_context& io, const Shared& shared);

  virtual std::uint16_t port() const = 0;
};

}  // namespace gv::sim
