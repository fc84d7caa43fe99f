#include "ctl/large/letters.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/run_program.hpp"
#include "daemon/letters/request.hpp"
#include "daemon/tools/spawn.hpp"
#include "daemon/util/libexec.hpp"

namespace gv::ctl {
namespace {

// The first one looks for the fonts.
constexpr std::chrono::seconds patience{10};

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    if (read >= 0) ::close(read);
    if (write >= 0) ::close(write);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

pid_t spawn(int in, int out) {
  std::string program = libexec_program("gemini-voice-letters");
  char* const argv[] = {program.data(), nullptr};
  const std::vector<std::string> environment = environment_for_programs();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  if (::posix_spawn(&pid, program.c_str(), &files, &attributes, argv,
                    tools::pointers(environment).data()) != 0)
    pid = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return pid;
}

// false: not ready in time, or gone.
bool ready(int fd, short what, std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{fd, what, 0};
    const int found = ::poll(&one, 1, static_cast<int>(left.count()));
    if (found < 0 && errno == EINTR) continue;
    return found > 0;
  }
}

}  // namespace

Letters::Letters() {
  Pipe to;
  Pipe from;
  if (to.write < 0 || from.write < 0) return;
  pid_ = spawn(to.read, from.write);
  if (pid_ < 0) return;
  to_ = std::exchange(to.write, -1);
  from_ = std::exchange(from.read, -1);
  ::fcntl(to_, F_SETFL, O_NONBLOCK);
  ::fcntl(from_, F_SETFL, O_NONBLOCK);
}

Letters::~Letters() {
  stop();
}

void Letters::stop() {
  if (to_ >= 0) ::close(std::exchange(to_, -1));
  if (from_ >= 0) ::close(std::exchange(from_, -1));
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);  // it holds nothing that could be lost
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void Letters::next_page() {
  before_ = std::exchange(now_, {});
}

std::vector<std::string> Letters::draw(const std::string& text, int columns, int line_rows,
                                       int most_rows) {
  if (!work() || text.empty()) return {};
  const letters::Request request{columns, line_rows, most_rows, {text}};
  auto size =
      std::to_string(columns) + ' ' + std::to_string(line_rows) + ' ' + std::to_string(most_rows);
  if (size != size_) {
    size_ = std::move(size);
    now_.clear();
    before_.clear();
  }
  auto known = before_.extract(text);
  if (!known.empty()) return now_.insert(std::move(known)).position->second;
  if (const auto found = now_.find(text); found != now_.end()) return found->second;
  std::string answer;
  if (ask(letters::to_line(request), answer)) {
    auto drawn = letters::drawn_of(answer);
    if (drawn && drawn->size() == 1) return now_[text] = std::move(drawn->front());
  }
  stop();
  return {};
}

// A line there and a line back.
bool Letters::ask(const std::string& request, std::string& answer) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string_view rest = request;
  while (!rest.empty()) {
    if (!ready(to_, POLLOUT, deadline)) return false;
    const ssize_t written = ::write(to_, rest.data(), rest.size());
    if (written < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  std::size_t end = std::string::npos;
  while ((end = read_.find('\n')) == std::string::npos) {
    if (read_.size() > letters::longest_answer || !ready(from_, POLLIN, deadline)) return false;
    char buffer[16'384];
    const ssize_t got = ::read(from_, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) read_.append(buffer, static_cast<std::size_t>(got));
  }
  answer = read_.substr(0, end);
  read_.erase(0, end + 1);
  return true;
}

}  // namespace gv::ctl
