// A connection to the session bus for one errand: open while there is something to ask, so that an
// idle daemon has none. Main thread only; nothing waits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/bus/pump.hpp"
#include "daemon/bus/sd_bus.hpp"

namespace gv::desktop {

class Link {
 public:
  // on_lost: the bus is gone, and the link is closed. From the loop.
  Link(asio::io_context& io, std::function<void(const std::string& why)> on_lost);

  // Throws std::system_error where there is no bus.
  void open();
  // No handler is called any more. Not from within one.
  void close();
  bool is_open() const { return bus_ != nullptr; }
  sd_bus& bus() { return *bus_; }

  // handler(reply, self) comes once, also where it fails. Wants an open link.
  void call(const bus::MessageHandle& message, sd_bus_message_handler_t handler, void* self,
            std::chrono::milliseconds limit = std::chrono::seconds(25));
  // A signal, filtered as sd_bus_match_signal(3) does; what is nullptr matches anything.
  void watch(const char* sender, const char* path, const char* interface, const char* member,
             sd_bus_message_handler_t handler, void* self);

 private:
  asio::io_context& io_;
  std::function<void(const std::string&)> on_lost_;
  // The order of life: the pump goes first.
  bus::BusHandle bus_;
  std::optional<bus::Pump> pump_;
};

// Who sent it; never nullptr.
std::string sender_of(sd_bus_message& message);
// What an error reply says, in words; empty: it is none.
std::string error_of(sd_bus_message& reply);

}  // namespace gv::desktop
