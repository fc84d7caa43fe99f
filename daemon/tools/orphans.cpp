#include "daemon/tools/orphans.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <system_error>

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/tools/child.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::tools {
namespace {

bool adopt(bool yes) {
  return ::prctl(PR_SET_CHILD_SUBREAPER, yes ? 1UL : 0UL, 0UL, 0UL, 0UL) == 0;
}

// One that still runs is passed over. Zombies have their group still.
void take_ends() {
  // The main thread's: it is the one that adopts.
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  for (pid_t child = 0; children >> child;) {
    if (::getpgid(child) == ::getpgrp() || Child::waits_for(child)) continue;
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(child), &ignored, WEXITED | WNOHANG);
  }
}

}  // namespace

Orphans::Orphans(asio::io_context& io) : ended_(io, SIGCHLD) {
  if (!adopt(true)) {
    throw std::system_error(errno, std::generic_category(), "what tools leave behind");
  }
  wait();
}

Orphans::~Orphans() {
  adopt(false);
}

void Orphans::wait() {
  ended_.async_wait([this](const std::error_code& error, int) {
    if (error) return;
    guarded("what tools leave behind", take_ends);
    wait();
  });
}

}  // namespace gv::tools
