// What we tell systemd: readiness, a status line, signs of life. Without systemd all of it does
// nothing. Main thread only.
#pragma once

#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace gv {

class Notify {
 public:
  explicit Notify(asio::io_context& io) : timer_(io) {}

  void ready(const std::string& status);
  void status(const std::string& text);
  void stopping();

  // Arms the watchdog from now on and feeds it from the loop; disarmed it wakes nobody. systemd
  // takes the limit at run time, so the unit needs no WatchdogSec, which would have an idle daemon
  // woken for nothing (sd_notify(3), WATCHDOG_USEC=).
  void watch(bool armed);

 private:
  void feed_watchdog();

  asio::steady_timer timer_;
  bool armed_ = false;
};

}  // namespace gv
