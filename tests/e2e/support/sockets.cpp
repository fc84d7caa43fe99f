#include "tests/e2e/support/sockets.hpp"

#include <sstream>

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

bool connected_to(unsigned port) {
  constexpr const char* established = "01";
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines(read_file(table));
    std::string line;
    std::getline(lines, line);  // the headings
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string number, local, remote, state;
      words >> number >> local >> remote >> state;
      const std::string remote_port = remote.substr(remote.find(':') + 1);
      if (state == established && std::stoul(remote_port, nullptr, 16) == port) return true;
    }
  }
  return false;
}

}  // namespace gv::e2e
