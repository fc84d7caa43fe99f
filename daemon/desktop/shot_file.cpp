#include "daemon/desktop/shot_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/desktop/file_uri.hpp"

namespace gv::desktop {
namespace {

namespace fs = std::filesystem;

Failure unusable(const std::string& why) {
  return {Error::device_unavailable,
          "the desktop's portal has taken a screenshot that cannot be used: " + why +
              ". Try: journalctl --user -u xdg-desktop-portal"};
}

void add_variable(std::vector<fs::path>& folders, const char* name, const char* within = "") {
  const char* value = std::getenv(name);
  if (value != nullptr && *value == '/') folders.push_back(fs::path(value) / within);
}

bool is_temporary(const fs::path& file) {
  std::vector<fs::path> folders{"/tmp", "/var/tmp"};
  add_variable(folders, "TMPDIR");
  add_variable(folders, "XDG_RUNTIME_DIR");
  add_variable(folders, "XDG_CACHE_HOME");
  add_variable(folders, "HOME", ".cache");
  std::error_code ignored;
  // Without the links in it: a folder in /tmp may stand for one that is not.
  const fs::path folder = fs::canonical(file.parent_path(), ignored);
  for (const fs::path& temporary : folders) {
    const fs::path root = fs::canonical(temporary, ignored);
    if (root.empty() || root == root.root_path()) continue;
    const std::string prefix = root.string() + '/';
    if (folder == root || folder.string().starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

std::variant<File, Failure> open_shot(const std::string& uri) {
  const std::optional<std::string> path = path_of(uri);
  if (!path) return unusable("it is in no file of this machine");
  File file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    return unusable("its file cannot be opened: " + std::generic_category().message(errno));
  }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return unusable("it is in no plain file");
  }
  if (facts.st_uid == ::geteuid() && facts.st_nlink == 1 && is_temporary(*path)) {
    ::unlink(path->c_str());
  }
  return file;
}

}  // namespace gv::desktop
