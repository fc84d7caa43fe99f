// Failures as D-Bus errors, and the seal around every bus handler.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "daemon/bus/compat.hpp"
#include "daemon/util/error.hpp"

namespace gv::bus {

// org.geminivoice.Voice1.Error.X; empty for Error::none.
std::string error_name(Error error);

sdbus::Error to_dbus(const Failure& failure);

// The answer to an exception that nobody foresaw: logged, and org.freedesktop.DBus.Error.Failed.
sdbus::Error unexpected(std::string_view where, const char* what);

// Throws the exception being handled as an sdbus::Error: a failure by its name, anything else as
// unexpected(), and what lacks the memory for its own words with words prepared before.
[[noreturn]] void rethrow_for_bus(std::string_view where);

// Runs a handler's body so that only sdbus::Error leaves it: anything else would end the process
// with sdbus-c++ 1.x.
template <class Function>
auto guarded(std::string_view where, Function&& body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    rethrow_for_bus(where);
  }
}

}  // namespace gv::bus
