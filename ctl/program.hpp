// A program of the desktop, run to its end. For verbs that set something up; blocks.
#pragma once

#include <string>
#include <vector>

namespace gv::ctl {

struct ProgramRun {
  bool found = false;  // it is installed, and was started
  int status = -1;     // its exit status; -1: it did not end by itself
  std::string output;  // at most 1 MiB of it
  std::string errors;
  bool well() const { return status == 0; }
};
// argv[0] is looked for in $PATH; its input is empty.
ProgramRun run_program(const std::vector<std::string>& argv);

}  // namespace gv::ctl
