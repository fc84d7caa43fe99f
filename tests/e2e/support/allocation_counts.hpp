// What allocation_counter, preloaded into a program, counts: fixed memory that it shares with the
// test by way of the file $GV_ALLOCATION_COUNTS, all zeros at first.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <sys/types.h>

namespace gv::e2e {

struct ThreadAllocations {
  std::atomic<pid_t> thread;
  std::atomic<std::uint64_t> by_new;     // operator new: C++, which is ours or works for us
  std::atomic<std::uint64_t> by_malloc;  // malloc() and its kin: C libraries
  // operator new in the echo canceller's library, and in nothing of the above: 1.x wants memory for
  // each frame, and gives it back.
  std::atomic<std::uint64_t> by_canceller;
};

struct AllocationCounts {
  std::atomic<unsigned> threads_seen;
  // In the order in which they allocated first. Those that come too late count in `live` alone.
  std::array<ThreadAllocations, 256> threads;
  // Taken and not given back, since the counter was loaded.
  std::atomic<std::int64_t> live_blocks;
  std::atomic<std::int64_t> live_bytes;
};

}  // namespace gv::e2e
