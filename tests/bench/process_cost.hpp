// What running programs use, by the kernel's own count.
#pragma once

#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace gv::bench {

// Of several processes, all their threads, since each began.
struct Used {
  std::int64_t cpu_ns = 0;    // also of threads that have ended
  std::int64_t wake_ups = 0;  // voluntary context switches: how often a thread slept and was woken
};
Used used_by(const std::vector<pid_t>& processes);

struct Memory {
  double resident_mib = 0;
  double proportional_mib = 0;  // what is shared counts in parts
};
Memory memory_of(const std::vector<pid_t>& processes);

// By strace, which slows what it watches: for the count alone. Negative where it may not watch.
double system_calls_per_second(const std::vector<pid_t>& processes, int seconds);

}  // namespace gv::bench
