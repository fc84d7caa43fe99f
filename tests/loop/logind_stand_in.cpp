// logind for scripts/soak, on the bus at DBUS_SYSTEM_BUS_ADDRESS. A word a line on stdin, an answer
// a line on stdout:
//   sleep   PrepareForSleep; "asleep after N ms" when the delay lock is let go, or what is wrong
//   wake    the end of it; "awake"
#include <chrono>
#include <iostream>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "tests/loop/logind.hpp"

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

// As logind's InhibitDelayMaxSec.
constexpr milliseconds longest_delay{5000};

// A daemon that has just begun has no lock yet.
bool until_locks(gv::test::Logind& logind, std::size_t wanted) {
  const auto end = Clock::now() + longest_delay;
  while (logind.locks() != wanted) {
    if (Clock::now() > end) return false;
    logind.process();
    ::poll(nullptr, 0, 2);
  }
  return true;
}

void obey(gv::test::Logind& logind, const std::string& word) {
  if (word == "sleep") {
    if (!until_locks(logind, 1)) {
      std::cout << "nobody holds a lock" << std::endl;
      return;
    }
    const auto begin = Clock::now();
    logind.refuses = true;
    logind.prepare_for_sleep(true);
    if (!until_locks(logind, 0)) {
      std::cout << "the lock was not let go" << std::endl;
      return;
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    std::cout << "asleep after " << took.count() << " ms" << std::endl;
  } else if (word == "wake") {
    logind.refuses = false;
    logind.prepare_for_sleep(false);
    std::cout << "awake" << std::endl;
  }
}

}  // namespace

int main() {
  gv::test::Logind logind;
  std::string line;
  while (true) {
    logind.process();
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, 10) <= 0) continue;
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) != 1) return 0;
    if (c != '\n') {
      line += c;
      continue;
    }
    obey(logind, line);
    line.clear();
  }
}
