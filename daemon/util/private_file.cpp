#include "daemon/util/private_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Not there any more where it fails.
bool failed(const std::string& draft) {
  const int error = errno;
  ::unlink(draft.c_str());
  errno = error;
  return false;
}

bool write_draft(const std::string& draft, const std::string& text) {
  ::unlink(draft.c_str());
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  const bool written = write_all(fd, text);
  const int error = errno;
  const bool closed = ::close(fd) == 0;
  if (written && closed) return true;
  if (!written) errno = error;
  return failed(draft);
}

}  // namespace

bool write_private(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  if (!write_draft(draft, text)) return false;
  return std::rename(draft.c_str(), path.c_str()) == 0 || failed(draft);
}

bool write_new_private(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  if (!write_draft(draft, text)) return false;
  if (::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  // A file system that cannot do that may still know links.
  if (errno != EINVAL && errno != ENOSYS) return failed(draft);
  if (::link(draft.c_str(), path.c_str()) != 0) return failed(draft);
  ::unlink(draft.c_str());
  return true;
}

bool private_folder(const std::string& given) {
  // With a slash at its end the folder would be among those above it, which are open to others.
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  std::error_code ec;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ec);
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  if (errno != EEXIST) return false;
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return false;
  if (S_ISDIR(there.st_mode)) return true;
  errno = ENOTDIR;
  return false;
}

}  // namespace gv
