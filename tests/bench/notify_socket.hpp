// The end of sd_notify(3) that a service manager has.
#pragma once

#include <cstdint>
#include <string>

#include "tests/e2e/support/files.hpp"

namespace gv::bench {

class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::string name() const { return (dir_ / "notify").string(); }  // for $NOTIFY_SOCKET
  // Until a message has this line: CLOCK_MONOTONIC, ns; 0 where none comes in 10 s. Any thread.
  std::int64_t wait_for(const std::string& line) const;

 private:
  e2e::TempDir dir_;
  int socket_;
};

}  // namespace gv::bench
