#include "daemon/util/notify.hpp"

#include <chrono>

#include <systemd/sd-daemon.h>

#include "daemon/util/text.hpp"

namespace gv {
namespace {

constexpr std::chrono::seconds watchdog_limit{30};

void notify(const std::string& state) {
  sd_notify(0, state.c_str());
}

}  // namespace

void Notify::ready(const std::string& status) {
  notify("READY=1\nSTATUS=" + status);
}

void Notify::status(const std::string& text) {
  // A line break would begin another assignment.
  notify("STATUS=" + printable(text, 1024));
}

void Notify::stopping() {
  notify("STOPPING=1");
}

void Notify::watch(bool armed) {
  if (armed == armed_) return;
  armed_ = armed;
  const auto limit = std::chrono::microseconds(armed ? watchdog_limit : watchdog_limit.zero());
  notify("WATCHDOG_USEC=" + std::to_string(limit.count()));
  if (armed) {
    feed_watchdog();
  } else {
    timer_.cancel();
  }
}

void Notify::feed_watchdog() {
  notify("WATCHDOG=1");
  timer_.expires_after(watchdog_limit / 3);
  timer_.async_wait([this](const asio::error_code& ec) {
    if (!ec && armed_) feed_watchdog();
  });
}

}  // namespace gv
