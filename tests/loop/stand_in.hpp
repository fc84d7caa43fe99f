// A stand-in for a program of the desktop, in a process of its own on the session bus: it says what
// it is asked on stdout, a line each, and does what it is told on stdin.
#pragma once

#include <algorithm>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

namespace gv::test {

class StandIn {
 public:
  StandIn() { require(sd_bus_open_user(&bus_), "no bus"); }
  ~StandIn() { sd_bus_flush_close_unref(bus_); }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  sd_bus* bus() { return bus_; }

  static void require(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::to_string(result));
  }
  // Newlines become '|'.
  static void tell(std::string line) {
    std::replace(line.begin(), line.end(), '\n', '|');
    std::cout << line << std::endl;
  }
  // Until everything that was sent has come to the bus.
  void settle() {
    require(sd_bus_call_method(bus_, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus", "GetId", nullptr, nullptr, ""),
            "GetId");
    tell("done");
  }

  // Until stdin or the bus ends. obey(words): of a line, each ends with "done".
  template <class Obey>
  int run(Obey obey) {
    tell("ready");
    std::string line;
    while (true) {
      int handled = 0;
      while ((handled = sd_bus_process(bus_, nullptr)) > 0) {
      }
      if (handled < 0) return 0;
      pollfd fds[2] = {{sd_bus_get_fd(bus_), static_cast<short>(sd_bus_get_events(bus_)), 0},
                       {STDIN_FILENO, POLLIN, 0}};
      ::poll(fds, 2, 1000);
      if (fds[1].revents == 0) continue;
      char c = 0;
      if (::read(STDIN_FILENO, &c, 1) != 1) return 0;
      if (c != '\n') {
        line += c;
        continue;
      }
      std::istringstream words(line);
      obey(words);
      settle();
      line.clear();
    }
  }

 private:
  sd_bus* bus_ = nullptr;
};

}  // namespace gv::test
