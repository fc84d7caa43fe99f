#include "daemon/config/read_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv::config {
namespace {

FileError last_error() {
  const int code = errno;
  return {code, std::generic_category().message(code)};
}

struct Descriptor {
  int fd;
  explicit Descriptor(int descriptor) : fd(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

std::variant<FileText, FileError> read_regular_file(const std::string& path, std::size_t most) {
  if (path.find('\0') != std::string::npos) return FileError{0, "the name holds a NUL"};
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.fd < 0) return last_error();
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) return last_error();
  if (S_ISDIR(status.st_mode)) return FileError{0, "it is a directory"};
  if (!S_ISREG(status.st_mode)) return FileError{0, "it is not a regular file"};
  FileText result;
  result.owner = status.st_uid;
  result.mode = status.st_mode & 07777;
  // One byte more than allowed tells a file that is too large; /proc files have size 0.
  result.text.resize(most + 1);
  std::size_t filled = 0;
  while (filled < result.text.size()) {
    const ssize_t got = ::read(file.fd, result.text.data() + filled, result.text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > most) {
    return FileError{0, "it is larger than " + std::to_string(most / 1024) + " KiB"};
  }
  result.text.resize(filled);
  return result;
}

}  // namespace gv::config
