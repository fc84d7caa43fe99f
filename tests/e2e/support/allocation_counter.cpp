// Preloaded into a program: counts what its threads allocate (allocation_counts.hpp). It allocates
// nothing itself, and is glibc's: what it stands before is there by a second name.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/e2e/support/allocation_counts.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier): glibc's own names
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t number, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* block) noexcept;
}
// NOLINTEND(bugprone-reserved-identifier)

namespace gv::e2e {
namespace {

AllocationCounts* counts = nullptr;

// Where the echo canceller's library is; nowhere in a program that has none.
struct Addresses {
  std::uintptr_t begin = UINTPTR_MAX;
  std::uintptr_t end = 0;
} canceller;

int find_canceller(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
  if (std::strstr(object->dlpi_name, "webrtc") == nullptr) return 0;
  for (unsigned n = 0; n < object->dlpi_phnum; ++n) {
    const auto& segment = object->dlpi_phdr[n];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    canceller.begin = std::min(canceller.begin, begin);
    canceller.end = std::max(canceller.end, begin + segment.p_memsz);
  }
  return 1;
}

__attribute__((constructor)) void share_counts() {
  const char* name = std::getenv("GV_ALLOCATION_COUNTS");
  const int file = name != nullptr ? ::open(name, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  ::unsetenv("GV_ALLOCATION_COUNTS");  // what this program starts is not counted
  void* memory =
      ::mmap(nullptr, sizeof(AllocationCounts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  ::dl_iterate_phdr(find_canceller, nullptr);
  if (memory != MAP_FAILED) counts = static_cast<AllocationCounts*>(memory);
}

// With this model the variable is there without an allocation.
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadAllocations* this_thread = nullptr;

ThreadAllocations* of_this_thread() {
  if (this_thread != nullptr || counts == nullptr) return this_thread;
  const unsigned index = counts->threads_seen.fetch_add(1);
  if (index >= counts->threads.size()) return nullptr;
  this_thread = &counts->threads[index];
  this_thread->thread = ::gettid();
  return this_thread;
}

void add(void* block, int sign) {
  if (block == nullptr || counts == nullptr) return;
  counts->live_blocks += sign;
  counts->live_bytes += sign * static_cast<std::int64_t>(::malloc_usable_size(block));
}

void* taken(void* block, std::atomic<std::uint64_t> ThreadAllocations::*by) {
  if (ThreadAllocations* thread = of_this_thread()) ++(thread->*by);
  add(block, 1);
  return block;
}

void* taken_by_malloc(void* block) {
  return taken(block, &ThreadAllocations::by_malloc);
}

void* taken_by_new(void* block, const void* caller) {
  if (block == nullptr) throw std::bad_alloc();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): it is compared with others
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  const bool cancels = address >= canceller.begin && address < canceller.end;
  return taken(block, cancels ? &ThreadAllocations::by_canceller : &ThreadAllocations::by_new);
}

}  // namespace
}  // namespace gv::e2e

using namespace gv::e2e;

extern "C" {

void* malloc(std::size_t size) noexcept {
  return taken_by_malloc(__libc_malloc(size));
}

void* calloc(std::size_t number, std::size_t size) noexcept {
  return taken_by_malloc(__libc_calloc(number, size));
}

void* realloc(void* block, std::size_t size) noexcept {
  add(block, -1);
  void* moved = __libc_realloc(block, size);
  if (moved == nullptr && size != 0) add(block, 1);  // it is still there
  return taken_by_malloc(moved);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return taken_by_malloc(__libc_memalign(alignment, size));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  void* made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) noexcept {
  add(block, -1);
  __libc_free(block);
}
}

// The other forms of new end in one of these; every form of delete ends in free().
void* operator new(std::size_t size) {
  return taken_by_new(__libc_malloc(size), __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return taken_by_new(__libc_memalign(static_cast<std::size_t>(alignment), size),
                      __builtin_return_address(0));
}
