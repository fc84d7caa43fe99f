// How a program of the test's allocates memory, counted while it runs.
#pragma once

#include <cstdint>
#include <string>

#include "tests/e2e/support/allocation_counts.hpp"
#include "tests/e2e/support/process.hpp"

namespace gv::e2e {

class Allocations {
 public:
  Allocations();
  ~Allocations();
  Allocations(const Allocations&) = delete;
  Allocations& operator=(const Allocations&) = delete;

  // What makes a program count. One program; nothing that is built with sanitizers.
  Environment environment() const;

  struct OfThread {
    std::uint64_t by_new = 0;
    std::uint64_t by_malloc = 0;
    std::uint64_t by_canceller = 0;  // not in all()
    std::uint64_t all() const { return by_new + by_malloc; }
    OfThread operator-(const OfThread& before) const {
      return {by_new - before.by_new, by_malloc - before.by_malloc,
              by_canceller - before.by_canceller};
    }
  };
  // Of the one thread that has this name now; nothing where it has never allocated.
  OfThread of(const Process& process, const std::string& thread) const;
  std::int64_t live_blocks() const { return counts_->live_blocks; }
  std::int64_t live_bytes() const { return counts_->live_bytes; }

 private:
  TempDir dir_;
  path file_;
  AllocationCounts* counts_ = nullptr;
};

}  // namespace gv::e2e
