// Seals a callback's body: nothing may be thrown into an event loop or through a C library.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "daemon/util/log.hpp"

namespace gv {

// Runs `body`; an exception is logged as a fault of `what` and ends there.
template <class Body>
void guarded(std::string_view what, const Body& body) noexcept {
  try {
    body();
  } catch (const std::exception& e) {
    log::error("internal", std::string(what) + " failed: " + e.what());
  }
}

}  // namespace gv
