#include "tests/e2e/support/allocations.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/threads.hpp"

namespace gv::e2e {

Allocations::Allocations() : file_(dir_ / "counts") {
  write_file(file_, "");
  std::filesystem::resize_file(file_, sizeof(AllocationCounts));
  const int file = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
  void* memory =
      ::mmap(nullptr, sizeof(AllocationCounts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (memory == MAP_FAILED) throw std::system_error(error, std::generic_category(), file_.string());
  counts_ = static_cast<AllocationCounts*>(memory);
}

Allocations::~Allocations() {
  ::munmap(counts_, sizeof(AllocationCounts));
}

Environment Allocations::environment() const {
  return {{"LD_PRELOAD", GV_ALLOCATION_COUNTER}, {"GV_ALLOCATION_COUNTS", file_.string()}};
}

Allocations::OfThread Allocations::of(const Process& process, const std::string& thread) const {
  const pid_t wanted = test::thread_named(process.pid(), thread);
  for (const ThreadAllocations& one : counts_->threads) {
    if (one.thread == wanted) return {one.by_new, one.by_malloc, one.by_canceller};
  }
  return {};
}

}  // namespace gv::e2e
