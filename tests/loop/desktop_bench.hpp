// What tests of daemon/desktop have in common: a loop that is run while something is waited for,
// and stand-ins as child processes.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/loop/bus_support.hpp"

namespace gv::test {

// Runs the loop until `happened`.
inline bool run_until(asio::io_context& io, const std::function<bool()>& happened) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!happened()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

class Neighbour {
 public:
  // Runs the loop until it is ready.
  Neighbour(asio::io_context& io, const char* program, std::vector<std::string> flags = {})
      : io_(io) {
    int to[2];
    int from[2];
    REQUIRE(::pipe2(to, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(from, O_CLOEXEC) == 0);
    flags.insert(flags.begin(), program);
    std::vector<char*> argv;
    for (std::string& flag : flags)
      argv.push_back(flag.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(to[0], 0);
      ::dup2(from[1], 1);
      ::execv(program, argv.data());
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    to_ = to[1];
    from_ = from[0];
    ::fcntl(from_, F_SETFL, O_NONBLOCK);
    REQUIRE(hears("ready\n"));
  }
  ~Neighbour() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(to_);
    ::close(from_);
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  // Runs the loop until it has said this, after what was waited for before.
  bool hears(const std::string& text) {
    const bool heard = run_until(io_, [this, &text] {
      char buffer[4096];
      for (ssize_t got = 0; (got = ::read(from_, buffer, sizeof buffer)) > 0;)
        said.append(buffer, static_cast<std::size_t>(got));
      return said.find(text, seen_) != std::string::npos;
    });
    if (heard) seen_ = said.find(text, seen_) + text.size();
    CAPTURE(said);
    CHECK(heard);
    return heard;
  }
  // Runs the loop until it has done so, the bus has it, and what it sent us is handled.
  void does(const std::string& command) {
    const std::string line = command + '\n';
    REQUIRE(::write(to_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
    REQUIRE(hears("done\n"));
    do {
      io_.restart();
    } while (io_.poll() > 0);
  }

  std::string said;

 private:
  asio::io_context& io_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::size_t seen_ = 0;
};

// How many connections the bus has, without the one that asks.
inline std::size_t connections() {
  sd_bus* bus = nullptr;
  sd_bus_message* reply = nullptr;
  REQUIRE(sd_bus_open_user(&bus) >= 0);
  REQUIRE(sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "ListNames", nullptr, &reply, "") >= 0);
  std::size_t count = 0;
  REQUIRE(sd_bus_message_enter_container(reply, 'a', "s") >= 0);
  for (const char* name = nullptr; sd_bus_message_read(reply, "s", &name) > 0;)
    count += name[0] == ':' ? 1 : 0;
  sd_bus_message_unref(reply);
  sd_bus_flush_close_unref(bus);
  return count - 1;
}

}  // namespace gv::test
