// Seals a callback's body: nothing may be thrown into an event loop or through a C library.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "daemon/util/log.hpp"

namespace gv {

// Where not even the words for the log find memory, nothing is said.
inline void log_fault(std::string_view what, std::string_view why) noexcept {
  try {
    log::error("internal", std::string(what).append(" failed: ").append(why));
  } catch (...) {
    return;
  }
}

// Runs `body`; an exception, lack of memory too, is logged as a fault of `what` and ends there.
template <class Body>
void guarded(std::string_view what, const Body& body) noexcept {
  try {
    body();
  } catch (const std::exception& e) {
    log_fault(what, e.what());
  } catch (...) {
    log_fault(what, "an exception of unknown type");
  }
}

}  // namespace gv
