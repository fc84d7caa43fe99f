// A program that runs beside us, in a process group of its own: its pipes, the notice of its end,
// and the place for those that were told to end. Main thread only; nothing blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <sys/types.h>

namespace gv::tools {

struct ChildSpec {
  std::vector<std::string> argv{};         // argv[0] is looked for in the PATH of `environment`
  std::string directory{};                 // empty: ours
  std::vector<std::string> environment{};  // all of it, NAME=value
  int input_fd = -1;                       // its standard input, the caller's; -1: /dev/null
  bool input_pipe = false;                 // it is a pipe, see Child::input()
};

struct ExitStatus {
  bool signalled = false;
  int status = 0;  // the exit status, or the signal's number
};

class Child {
 public:
  // Throws std::runtime_error where it cannot be started: why, for people.
  Child(asio::io_context& io, const ChildSpec& spec);
  // Its group is killed where its end has not been taken.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Non-blocking, and ours to close at any time.
  asio::posix::stream_descriptor& input() { return input_; }  // open where a pipe was asked for
  asio::posix::stream_descriptor& output() { return output_; }
  asio::posix::stream_descriptor& errors() { return errors_; }

  // Called once when the program itself has ended, whoever else is in its group; take_end() is due
  // then. A new handler replaces the one before.
  void when_ended(std::function<void()> handler);
  // Until this is called its number, and that of its group, are nobody else's. nullopt: it runs.
  std::optional<ExitStatus> take_end();
  // To all of its group; nothing once its end was taken.
  void signal_group(int signal) const;

  // Whether the end of this process is some Child's to take (orphans.cpp takes that of others).
  static bool waits_for(pid_t pid);

 private:
  void wait_for_end();

  pid_t pid_ = -1;
  bool taken_ = false;
  asio::posix::stream_descriptor end_;  // a pidfd
  asio::posix::stream_descriptor input_;
  asio::posix::stream_descriptor output_;
  asio::posix::stream_descriptor errors_;
  std::function<void()> ended_;
  // Gone with this object: a completion that was queued before that finds it so.
  std::shared_ptr<int> token_ = std::make_shared<int>(0);
};

// Children on their way out. Whatever is left of a group when its program has ended is killed.
class Endings {
 public:
  explicit Endings(asio::io_context& io) : io_(io) {}
  ~Endings();  // what still runs is killed
  Endings(const Endings&) = delete;
  Endings& operator=(const Endings&) = delete;

  // Its pipes are closed now. SIGTERM comes after `patience` (a server ends when its input does),
  // SIGKILL a second after that.
  void take(std::unique_ptr<Child> child, std::chrono::milliseconds patience = {});
  std::size_t size() const { return leaving_.size(); }

 private:
  struct Leaving;
  void hurry(const std::shared_ptr<Leaving>& leaving, std::chrono::milliseconds wait, int signal);

  asio::io_context& io_;
  std::vector<std::shared_ptr<Leaving>> leaving_;
};

// Reads once what is there, at most `most` bytes, into `to`, which is called with them. False at
// the end of the pipe, or where it cannot be read.
bool read_some(asio::posix::stream_descriptor& from, std::size_t most,
               const std::function<void(std::string_view)>& to);
// All that is in the pipe at this moment, not what comes while it is read.
void read_rest(asio::posix::stream_descriptor& from,
               const std::function<void(std::string_view)>& to);

}  // namespace gv::tools
