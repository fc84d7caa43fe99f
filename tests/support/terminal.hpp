// A program on a terminal of its own (a pseudo-terminal): what it shows, and what is typed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace gv::test {

class Terminal {
 public:
  // environment: set over ours (NAME=value).
  explicit Terminal(std::vector<std::string> words, std::vector<std::string> environment = {}) {
    std::vector<char*> argv;
    for (std::string& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    const winsize size{24, 100, 0, 0};
    pid_ = ::forkpty(&fd_, nullptr, nullptr, &size);
    REQUIRE(pid_ >= 0);
    if (pid_ != 0) return;
    for (std::string& variable : environment)
      ::putenv(variable.data());
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ~Terminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Reads what it shows, up to and including `text`.
  bool shows(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (screen.find(text, seen_) == std::string::npos) {
      if (std::chrono::steady_clock::now() > deadline || !read_some()) return false;
    }
    seen_ = screen.find(text, seen_) + text.size();
    return true;
  }
  void type(const std::string& text) {
    REQUIRE(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  bool echoes() const {
    termios now{};
    REQUIRE(::tcgetattr(fd_, &now) == 0);
    return (now.c_lflag & ECHO) != 0;
  }
  int exit_code() {
    while (read_some()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string screen;  // all of it so far

 private:
  // False: it has ended.
  bool read_some() {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, 1000) == 0) return true;
    char buffer[4096];
    const ssize_t got = ::read(fd_, buffer, sizeof buffer);
    if (got <= 0) return false;  // EIO: nobody is on the other side any more
    screen.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  pid_t pid_ = -1;
  int fd_ = -1;
  std::size_t seen_ = 0;
};

}  // namespace gv::test
