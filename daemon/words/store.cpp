#include "daemon/words/store.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/config/read_file.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/private_file.hpp"

namespace gv::words {
namespace {

constexpr std::size_t most_bytes = 4UL * 1024 * 1024;
constexpr int most_aside = 100;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

struct Damaged : std::runtime_error {
  explicit Damaged(const std::string& path)
      : std::runtime_error(path + ": it is damaged, or not a list of words") {}
};

// Held by who changes the list, over its reading and its writing.
class Lock {
 public:
  Lock(const std::string& path, bool wait)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (fd_ < 0) fail(path, std::generic_category().message(errno));
    if (::flock(fd_, wait ? LOCK_EX : LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    ::close(fd_);
    fail(path, error == EWOULDBLOCK ? "somebody else is changing the list right now"
                                    : std::generic_category().message(error));
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Store::Store(std::string folder) : folder_(std::move(folder)) {}

List Store::read() const {
  if (!usable()) throw std::runtime_error("there is no folder for the list: $HOME is not set");
  const auto read = config::read_regular_file(path(), most_bytes);
  if (const auto* error = std::get_if<config::FileError>(&read)) {
    if (error->code == ENOENT || error->code == ENOTDIR) return {};
    fail(path(), error->message);
  }
  auto list = from_json(std::get<config::FileText>(read).text);
  if (!list) throw Damaged(path());
  return std::move(*list);
}

void Store::change(const std::function<bool(List&)>& change) {
  if (!usable()) read();
  if (!private_folder(folder_)) fail(folder_, std::generic_category().message(errno));
  const Lock lock(folder_ + "/words.lock", true);
  List list = read();
  if (change(list)) write(list);
}

List::Kept Store::keep(Word word) {
  if (!usable()) read();
  if (!private_folder(folder_)) fail(folder_, std::generic_category().message(errno));
  const Lock lock(folder_ + "/words.lock", false);
  List list;
  try {
    list = read();
  } catch (const Damaged& damaged) {
    const auto aside = put_aside();
    log::warning("words",
                 std::string(damaged.what()) + ": it is now " + aside + ", and a new list begins");
  }
  word.saved_s = now_s();
  const auto kept = list.keep(std::move(word));
  if (kept != List::Kept::full) write(list);
  return kept;
}

std::string Store::put_aside() const {
  for (int number = 1; number <= most_aside; ++number) {
    std::string aside = path() + ".damaged-" + std::to_string(number);
    if (::link(path().c_str(), aside.c_str()) == 0) {
      ::unlink(path().c_str());
      return aside;
    }
    if (errno != EEXIST) fail(aside, std::generic_category().message(errno));
  }
  fail(path(), "it is damaged, and so are " + std::to_string(most_aside) + " earlier ones");
}

void Store::write(const List& list) const {
  const std::string text = to_json(list);
  if (text.size() > most_bytes) throw std::runtime_error("the list is full (4 MiB)");
  if (!write_private(path(), text)) fail(path(), std::generic_category().message(errno));
}

}  // namespace gv::words
