// A connection to a bus with libsystemd's own API: unlike sdbus-c++'s, it never waits, not even for
// the handshake. For who is a client of others (daemon/system, daemon/desktop); run by Pump. Main
// thread only.
#pragma once

#include <memory>

#include <systemd/sd-bus.h>

#include "daemon/bus/source.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::bus {

struct BusCloser {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using BusHandle = std::unique_ptr<sd_bus, BusCloser>;

struct MessageReleaser {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using MessageHandle = std::unique_ptr<sd_bus_message, MessageReleaser>;

// Throws std::system_error where libsystemd's `result` is an error.
void check(int result, const char* what);

// The bus at DBUS_SYSTEM_BUS_ADDRESS or DBUS_SESSION_BUS_ADDRESS, or the usual place. Throw
// std::system_error where there is none; whether it talks to us shows later.
BusHandle open_system_bus();
BusHandle open_session_bus();

MessageHandle new_call(sd_bus& bus, const char* destination, const char* path,
                       const char* interface, const char* method);

Source source_of(sd_bus& bus);

// A member function as what libsystemd calls: nothing is thrown into it.
template <class Self, void (Self::*handler)(sd_bus_message&)>
int on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
  gv::guarded("a message of a bus",
              [message, self] { (static_cast<Self*>(self)->*handler)(*message); });
  return 0;
}

}  // namespace gv::bus
