// The one clock of every latency figure. Any thread.
#pragma once

#include <cstdint>

namespace gv {

// CLOCK_MONOTONIC in nanoseconds.
std::int64_t now_ns();

}  // namespace gv
