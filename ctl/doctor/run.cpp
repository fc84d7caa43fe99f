#include "ctl/doctor/run.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <asio/io_context.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "ctl/run_program.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {
namespace {

// The reading end of a pipe that holds `text`; -1 where there is none.
class Input {
 public:
  explicit Input(std::string_view text) {
    std::array<int, 2> ends{-1, -1};
    if (text.empty() || ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    fd_ = ends[0];
    // A pipe takes as much as is promised here, and so nobody waits.
    [[maybe_unused]] const auto written = ::write(ends[1], text.data(), text.size());
    ::close(ends[1]);
  }
  ~Input() {
    if (fd_ >= 0) ::close(fd_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

std::string failure_of(const tools::RunOutcome& outcome) {
  using End = tools::RunOutcome::End;
  switch (outcome.end) {
    case End::exited:
      if (outcome.status == 0) return {};
      if (std::string words = first_line(outcome.errors); !words.empty()) return words;
      return "it ended with status " + std::to_string(outcome.status);
    case End::signalled:
      return "it was ended by signal " + std::to_string(outcome.status);
    case End::timed_out:
      return "it took too long";
    case End::not_started:
      return outcome.why;
  }
  return {};
}

}  // namespace

Ran run_program(std::vector<std::string> argv, std::chrono::milliseconds limit,
                std::string_view input, std::size_t output_limit) {
  const Input given(input);
  asio::io_context io{1};
  tools::Runner runner(io);
  Ran ran;
  tools::RunSpec spec;
  spec.argv = std::move(argv);
  spec.environment = environment_for_programs();
  spec.input_fd = given.fd();
  spec.output_limit = output_limit;
  spec.time_limit = limit;
  runner.run(std::move(spec), [&ran, &io](tools::RunOutcome outcome) {
    ran.failure = failure_of(outcome);
    ran.timed_out = outcome.end == tools::RunOutcome::End::timed_out;
    ran.output = std::move(outcome.output);
    ran.errors = std::move(outcome.errors);
    io.stop();
  });
  io.run();
  return ran;
}

std::string first_line(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  text.remove_prefix(begin);
  return printable(text.substr(0, text.find('\n')), 300);
}

}  // namespace gv::ctl
