#include "tests/bench/notify_socket.hpp"

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/e2e/support/pcm.hpp"

namespace gv::bench {

NotifySocket::NotifySocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name().copy(address.sun_path, sizeof address.sun_path - 1);
  const timeval limit{10, 0};
  if (socket_ < 0 ||
      ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
    throw std::system_error(errno, std::system_category(), name());
}

NotifySocket::~NotifySocket() {
  ::close(socket_);
}

std::int64_t NotifySocket::wait_for(const std::string& line) const {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size < 0) return 0;
    const std::int64_t now = e2e::now_ns();
    const std::string_view message(buffer.data(), static_cast<std::size_t>(size));
    if (message.find(line) != message.npos) return now;
  }
}

}  // namespace gv::bench
