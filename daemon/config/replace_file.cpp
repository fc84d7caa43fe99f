#include "daemon/config/replace_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gv::config {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

// A draft beside the file: gone at the end, unless it has taken its place.
class Draft {
 public:
  explicit Draft(const fs::path& target)
      : name_((target.parent_path() / ".gemini-XXXXXX").string()) {
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (fd_ < 0) fail(target.string());
  }
  ~Draft() {
    ::close(fd_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void write(std::string_view content, mode_t mode) {
    while (!content.empty()) {
      const ssize_t written = ::write(fd_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(name_);
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fchmod(fd_, mode) != 0 || ::fsync(fd_) != 0) fail(name_);
  }
  void become(const fs::path& target) {
    if (std::rename(name_.c_str(), target.c_str()) != 0) fail(target.string());
    name_.clear();
  }

 private:
  std::string name_;
  int fd_ = -1;
};

// What the links from `path` on name, whether it is there or not.
fs::path end_of_links(fs::path path) {
  constexpr int most = 40;  // as the kernel follows
  std::error_code none;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, none)); ++links) {
    if (links == most) throw std::system_error(ELOOP, std::generic_category(), path.string());
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

}  // namespace

void replace_file(const std::string& path, std::string_view content, mode_t mode) {
  std::error_code none;
  const fs::path target = end_of_links(fs::absolute(path));
  // As others make them below ~/.config: for the user alone.
  if (!fs::exists(target.parent_path(), none)) {
    fs::create_directories(target.parent_path().parent_path());
    if (::mkdir(target.parent_path().c_str(), 0700) != 0 && errno != EEXIST) fail(path);
  }
  Draft draft(target);
  draft.write(content, mode);
  draft.become(target);
}

}  // namespace gv::config
