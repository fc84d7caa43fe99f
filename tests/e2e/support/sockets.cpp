#include "tests/e2e/support/sockets.hpp"

#include <sstream>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gv::e2e {

bool takes_connections(const path& socket) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
  // The sockets interface wants one address type for all families.
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  const bool taken = ::connect(fd, generic, sizeof address) == 0;
  ::close(fd);
  return taken;
}

std::string client_address(unsigned port) {
  constexpr const char* established = "01";
  std::istringstream lines(read_file("/proc/net/tcp"));
  std::string line;
  std::getline(lines, line);  // the headings
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    words >> number >> local >> remote >> state;
    const auto remote_port = std::stoul(remote.substr(remote.find(':') + 1), nullptr, 16);
    if (state != established || remote_port != port) continue;
    // In the order of the network, as the bytes of a number.
    const in_addr address{static_cast<in_addr_t>(std::stoul(local, nullptr, 16))};
    char text[INET_ADDRSTRLEN];
    return ::inet_ntop(AF_INET, &address, text, sizeof text);
  }
  return {};
}

}  // namespace gv::e2e
