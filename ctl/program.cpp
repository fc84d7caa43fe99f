#include "ctl/program.hpp"

#include <cerrno>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/run_program.hpp"
#include "daemon/tools/spawn.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) == 0) std::tie(read, write) = std::pair(fds[0], fds[1]);
  }
  ~Pipe() {
    if (read >= 0) ::close(read);
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_write() {
    if (write >= 0) ::close(std::exchange(write, -1));
  }
};

// Until both have ended.
void collect(int out, int err, ProgramRun& ran) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* const texts[2] = {&ran.output, &ran.errors};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = ::read(fds[i].fd, buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        fds[i].fd = -1;
      } else if (texts[i]->size() < most_bytes) {
        texts[i]->append(buffer, static_cast<std::size_t>(got));
      }
    }
  }
}

}  // namespace

ProgramRun run_program(const std::vector<std::string>& argv) {
  ProgramRun ran;
  Pipe out;
  Pipe err;
  const std::vector<std::string> environment = environment_for_programs();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  pid_t child = -1;
  ran.found =
      ::posix_spawnp(&child, argv[0].c_str(), &actions, nullptr, tools::pointers(argv).data(),
                     tools::pointers(environment).data()) == 0;
  posix_spawn_file_actions_destroy(&actions);
  out.close_write();
  err.close_write();
  if (!ran.found) return ran;
  collect(out.read, err.read, ran);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) ran.status = WEXITSTATUS(status);
  return ran;
}

}  // namespace gv::ctl
