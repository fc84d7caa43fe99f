// Child programs that never outlive the test.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/e2e/support/deadline.hpp"
#include "tests/e2e/support/files.hpp"

namespace gv::e2e {

using Environment = std::map<std::string, std::string>;

// A running program in a process group of its own. Its output goes to files, which can be read at
// any time. The end of the scope kills the group and reaps the program; so does the death of the
// test. To be started from the main thread: the kernel ties the child's life to the thread.
// Whatever a sanitizer said in it fails the test case, at the end of the scope.
class Process {
 public:
  // `environment` is added to the test's own; a variable with an empty value is taken out. input:
  // the file that it reads.
  explicit Process(const std::vector<std::string>& command, const Environment& environment = {},
                   const path& input = "/dev/null");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;  // to the program alone
  // Exit status, 128 + n where signal n ended it; nothing when it still runs after `limit`.
  std::optional<int> wait(milliseconds limit = patience);
  // Before the end of a scope, for our own programs: where they are built with sanitizers the
  // program is asked to end, because it looks for leaks at its end only. Elsewhere nothing happens.
  void end_for_sanitizers();

  std::string output() const { return read_file(dir_ / "out"); }
  std::string errors() const { return read_file(dir_ / "err"); }

 private:
  void reap(int flags);

  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Result {
  int status = -1;  // -1: it did not end in time
  std::string output;
  std::string errors;
};

Result run(const std::vector<std::string>& command, const Environment& environment = {},
           milliseconds limit = patience);

}  // namespace gv::e2e
