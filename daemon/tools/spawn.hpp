// Starting a program with nothing of ours: signals, descriptors and environment. Returns as soon as
// the program itself runs (as vfork does), usually within a millisecond.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/tools/child.hpp"

namespace gv::tools {

// Descriptors that become the program's standard input (-1: /dev/null), output and error; the
// caller's still.
struct Ends {
  int input = -1;
  int output = -1;
  int errors = -1;
};

// Throws std::runtime_error: why it cannot be started, for people.
pid_t spawn(const ChildSpec& spec, const Ends& ends);

// Words or variables as posix_spawn takes them, for as long as `words` are there unchanged.
std::vector<char*> pointers(const std::vector<std::string>& words);

}  // namespace gv::tools
