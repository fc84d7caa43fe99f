#include "daemon/store/aside.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/database.hpp"

namespace gv::store {
namespace {

constexpr const char* infix = ".corrupt-";

StoreError refused(const std::string& path, int code) {
  return {Trouble::refused, path + ": " + std::generic_category().message(code) +
                                ". Try: ls -ld on the file and its folder, which must be yours to "
                                "write to"};
}

std::int64_t written_us(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000;
}

}  // namespace

std::string put_aside(const std::string& path) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  std::string aside = path + infix + stamp;
  for (int i = 2; std::filesystem::exists(aside); ++i)
    aside = path + infix + stamp + "-" + std::to_string(i);
  // A journal that stayed would be applied to the new file.
  const std::string journal = path + "-journal";
  if (std::rename(journal.c_str(), (aside + "-journal").c_str()) != 0 && errno != ENOENT) {
    throw refused(journal, errno);
  }
  if (std::rename(path.c_str(), aside.c_str()) != 0 && errno != ENOENT) throw refused(path, errno);
  return aside;
}

std::vector<std::string> files_aside(const std::string& path,
                                     std::optional<std::int64_t> before_us) {
  std::vector<std::string> files;
  std::error_code ec;
  const std::filesystem::path file(path);
  const std::string beginning = file.filename().string() + infix;
  for (std::filesystem::directory_iterator one(file.parent_path(), ec), end; !ec && one != end;
       one.increment(ec)) {
    struct stat status {};
    const std::string name = one->path().string();
    if (!one->path().filename().string().starts_with(beginning)) continue;
    if (::lstat(name.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) continue;
    if (!before_us || written_us(status) < *before_us) files.push_back(name);
  }
  std::ranges::sort(files);
  return files;
}

void remove_aside(const std::vector<std::string>& files) {
  int why = 0;
  const std::string* stays = nullptr;
  for (const std::string& file : files) {
    if (::unlink(file.c_str()) == 0 || errno == ENOENT) continue;
    why = errno;
    stays = &file;
  }
  if (stays != nullptr) throw refused(*stays, why);
}

}  // namespace gv::store
