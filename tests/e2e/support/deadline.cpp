#include "tests/e2e/support/deadline.hpp"

#include <thread>

namespace gv::e2e {

bool wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

void require(const std::string& what, const std::function<bool()>& condition, milliseconds limit) {
  if (!wait_until(condition, limit)) {
    throw std::runtime_error("not within " + std::to_string(limit.count()) + " ms: " + what);
  }
}

}  // namespace gv::e2e
