// Pictures of any origin, made fit for the model by a program of their own (picture_main.cpp):
// nothing here looks into them. Main thread only; nothing waits.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include <asio/io_context.hpp>

#include "daemon/desktop/file.hpp"
#include "daemon/tools/host.hpp"
#include "daemon/tools/runner.hpp"
#include "daemon/util/error.hpp"

namespace gv::desktop {

class Pictures {
 public:
  // A JPEG of at most 1568 pixels a side and 400 KiB; or why there is none: invalid_argument (the
  // picture), busy (too many wait), device_unavailable (the program).
  using Converted = std::function<void(std::variant<tools::Picture, Failure>)>;

  // Both must outlive this. program: full path.
  Pictures(asio::io_context& io, tools::Runner& runner, std::string program);
  Pictures(asio::io_context& io, tools::Runner& runner);  // the one that is installed
  ~Pictures();  // what has not been converted by then never is
  Pictures(const Pictures&) = delete;
  Pictures& operator=(const Pictures&) = delete;

  // fd: a file, or a pipe that is read to its end; stays the caller's. One after the other.
  // converted is called once, from the loop, never from within.
  void convert(int fd, Converted converted);

 private:
  struct Job {
    File file;
    Converted converted;
  };
  void refuse(Converted converted, Failure why);
  void begin();
  void finish(tools::RunOutcome outcome);

  asio::io_context& io_;
  tools::Runner& runner_;
  std::string program_;
  std::deque<Job> jobs_;  // the first one is being worked on
  std::uint64_t run_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace gv::desktop
