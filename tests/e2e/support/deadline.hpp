// Waiting for something real to become true, with a limit.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace gv::e2e {

using std::chrono::milliseconds;

// How long a test waits for what takes milliseconds when all is well: 10 s, or the seconds in
// $GV_TEST_PATIENCE, for programs under valgrind and other slow ones.
extern const milliseconds patience;

// Looks every 2 ms at first, every 20 ms later; false when `limit` has passed first.
bool wait_until(const std::function<bool()>& condition, milliseconds limit = patience);

// As above, but a std::runtime_error that names what was awaited.
void require(const std::string& what, const std::function<bool()>& condition,
             milliseconds limit = patience);

}  // namespace gv::e2e
