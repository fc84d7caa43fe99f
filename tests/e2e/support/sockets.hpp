// What the kernel knows of sockets.
#pragma once

#include <string>

#include "tests/e2e/support/files.hpp"

namespace gv::e2e {

// Whether somebody takes connections at this UNIX socket; that it exists is not enough.
bool takes_connections(const path& socket);

// The same of a TCP port of this machine's own address; and one that nobody listens on.
bool takes_connections(unsigned port);
unsigned free_port();

// The client's own address of a TCP connection over IPv4 to this port, in this network namespace;
// empty where there is none.
std::string client_address(unsigned port);

}  // namespace gv::e2e
