// What the tests of programs that run beside us look at: the loop, our children, a folder.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

namespace gv::test {

// As daemon/main.cpp does: a child that ends while it is being told something ends only itself.
inline const auto action_for_broken_pipes = ::signal(SIGPIPE, SIG_IGN);

// Runs the loop until it is so; fails after half a minute.
inline void run_until(asio::io_context& io, const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < limit);
    io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
}

// Of this process, zombies too.
inline std::vector<pid_t> children_of_ours() {
  std::ifstream list("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;)
    children.push_back(child);
  return children;
}

// Not there any more, or dead and waiting for a parent that is not us.
inline bool gone(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  std::string state;
  return !(file >> number >> name >> state) || state == "Z" || state == "X";
}

struct Folder {
  Folder() {
    char name[] = "/tmp/gv-tools-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

// Work of the loop's own: how often its turn came, every 5 ms at best.
class Ticker {
 public:
  explicit Ticker(asio::io_context& io) : timer_(io) { tick(); }
  int ticks() const { return ticks_; }

 private:
  void tick() {
    timer_.expires_after(std::chrono::milliseconds(5));
    timer_.async_wait([this](const std::error_code& error) {
      if (error) return;
      ++ticks_;
      tick();
    });
  }
  asio::steady_timer timer_;
  int ticks_ = 0;
};

}  // namespace gv::test
