#include "tests/e2e/support/deadline.hpp"

#include <cstdlib>
#include <thread>

namespace gv::e2e {

const milliseconds patience = [] {
  const char* seconds = std::getenv("GV_TEST_PATIENCE");
  return milliseconds(1000 * (seconds == nullptr ? 10 : std::atoi(seconds)));
}();

bool wait_until(const std::function<bool()>& condition, milliseconds limit) {
  const auto begin = std::chrono::steady_clock::now();
  while (!condition()) {
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited >= limit) return false;
    std::this_thread::sleep_for(milliseconds(waited < milliseconds(500) ? 2 : 20));
  }
  return true;
}

void require(const std::string& what, const std::function<bool()>& condition, milliseconds limit) {
  if (!wait_until(condition, limit)) {
    throw std::runtime_error("not within " + std::to_string(limit.count()) + " ms: " + what);
  }
}

}  // namespace gv::e2e
