// gemini-voicectl as a child process: what it printed and how it ended.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/loop/bus_support.hpp"

namespace gv::test {

// A running gemini-voicectl.
class Ctl {
 public:
  explicit Ctl(std::vector<std::string> words, const char* program = GV_CTL) {
    int out_pipe[2];
    int err_pipe[2];
    REQUIRE(::pipe2(out_pipe, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(err_pipe, O_CLOEXEC) == 0);
    words.insert(words.begin(), "gemini-voicectl");
    std::vector<char*> argv;
    for (std::string& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
      ::dup2(out_pipe[1], 1);
      ::dup2(err_pipe[1], 2);
      ::execv(program, argv.data());
      ::_exit(127);
    }
    ::close(out_pipe[1]);
    ::close(err_pipe[1]);
    out_ = out_pipe[0];
    err_ = err_pipe[0];
  }
  ~Ctl() {
    close_output();
    ::close(err_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  Ctl(const Ctl&) = delete;
  Ctl& operator=(const Ctl&) = delete;

  // Reads its output up to and including `text`.
  bool says(const std::string& text) {
    if (!await(out_, out, text, seen_)) return false;
    seen_ = out.find(text, seen_) + text.size();
    return true;
  }
  // The same with standard error.
  bool complains(const std::string& text) { return await(err_, err, text, 0); }
  int exit_code() {
    while (read_some(out_, out)) {
    }
    while (read_some(err_, err)) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void signal(int number) const { ::kill(pid_, number); }
  void close_output() {
    if (out_ >= 0) ::close(out_);
    out_ = -1;
  }

  std::string out;
  std::string err;

 private:
  static bool await(int fd, std::string& all, const std::string& text, std::size_t from) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (all.find(text, from) == std::string::npos) {
      pollfd p{fd, POLLIN, 0};
      if (std::chrono::steady_clock::now() > deadline || ::poll(&p, 1, 1000) < 0) return false;
      if (p.revents != 0 && !read_some(fd, all)) return false;
    }
    return true;
  }
  static bool read_some(int fd, std::string& text) {
    char buffer[4096];
    const ssize_t got = fd < 0 ? 0 : ::read(fd, buffer, sizeof buffer);
    if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::size_t seen_ = 0;
};

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

inline Outcome run(std::vector<std::string> words) {
  Ctl ctl(std::move(words));
  const int exit = ctl.exit_code();
  return {exit, ctl.out, ctl.err};
}

// Runs a shell's command line, in which $CTL is gemini-voicectl.
inline Outcome run_shell(const std::string& line) {
  Ctl shell({"-c", "CTL='" GV_CTL "'; " + line}, "/bin/sh");
  const int exit = shell.exit_code();
  return {exit, shell.out, shell.err};
}

inline bool one_error_line(const Outcome& o) {
  return o.err.starts_with("gemini-voicectl: ") && o.err.find(". Try: ") != std::string::npos &&
         std::count(o.err.begin(), o.err.end(), '\n') == 1 && o.err.ends_with('\n');
}

}  // namespace gv::test
