#include "daemon/util/memory_file.hpp"

#include <cerrno>
#include <cstddef>

#include <sys/mman.h>
#include <unistd.h>

namespace gv {

MemoryFile::MemoryFile(std::string_view content) {
  if (content.empty()) return;
  fd_ = ::memfd_create("input", MFD_CLOEXEC);
  while (fd_ >= 0 && !content.empty()) {
    const ssize_t size = ::write(fd_, content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  whole_ = content.empty() && ::lseek(fd_, 0, SEEK_SET) == 0;
}

MemoryFile::~MemoryFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace gv
