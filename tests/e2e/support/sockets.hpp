// What the kernel knows of sockets.
#pragma once

#include "tests/e2e/support/files.hpp"

namespace gv::e2e {

// Whether somebody takes connections at this UNIX socket; that it exists is not enough.
bool takes_connections(const path& socket);

// Whether anybody of this network namespace has a TCP connection to this port, as the client.
bool connected_to(unsigned port);

}  // namespace gv::e2e
