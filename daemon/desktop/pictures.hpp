// Pictures of any origin, made fit for the model by a program of their own (picture_main.cpp):
// nothing here looks into them. Main thread only; nothing waits.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <variant>

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

  // runner must outlive this. program: full path.
  explicit Pictures(tools::Runner& runner, std::string program);
  explicit Pictures(tools::Runner& runner);  // the one that is installed
  ~Pictures();                               // what has not been converted by then never is
  Pictures(const Pictures&) = delete;
  Pictures& operator=(const Pictures&) = delete;

  // fd: a file, or a pipe that is read to its end; stays the caller's. One after the other.
  // converted is called once, perhaps from within.
  void convert(int fd, Converted converted);

 private:
  struct Job {
    File file;
    Converted converted;
  };
  void begin();
  void finish(tools::RunOutcome outcome);

  tools::Runner& runner_;
  std::string program_;
  std::deque<Job> jobs_;  // the first one is being worked on
  std::uint64_t run_ = 0;
};

}  // namespace gv::desktop
