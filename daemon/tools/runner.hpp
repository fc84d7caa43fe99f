// Programs that run once and answer with what they print: a command of the configuration, the
// converter of pictures. Main thread only; nothing blocks. Each runs in a process group of its own,
// with nothing of ours but what its spec names, and leaves no zombie.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

namespace gv::tools {

struct RunSpec {
  std::vector<std::string> argv{};         // argv[0] is looked for in the PATH of `environment`
  std::string directory{};                 // empty: ours
  std::vector<std::string> environment{};  // all of it, NAME=value
  int input_fd = -1;                       // its standard input, the caller's; -1: /dev/null
  std::size_t output_limit = 16'384;       // bytes of its standard output that are kept
  std::chrono::milliseconds time_limit{30'000};
};

struct RunOutcome {
  enum class End { exited, signalled, timed_out, not_started };
  End end = End::exited;
  int status = 0;        // the exit status, or the signal's number
  std::string why{};     // of not_started: what the system said
  std::string output{};  // standard output, as bytes
  bool output_cut = false;
  std::string errors{};  // the end of standard error, as bytes
};

class Runner {
 public:
  explicit Runner(asio::io_context& io);
  ~Runner();  // what still runs is killed
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // done is called once, never from within run(), unless cancel() came first. Its end is that of
  // the program, whoever else holds the pipes by then.
  std::uint64_t run(RunSpec spec, std::function<void(RunOutcome)> done);
  // The group is told to end (SIGTERM), and made to (SIGKILL) where it does not.
  void cancel(std::uint64_t run);
  // Programs that were told to end and have not yet.
  std::size_t ending() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::tools
