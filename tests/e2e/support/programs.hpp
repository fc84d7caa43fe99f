// Where the programs under test are.
#pragma once

#include <string>

namespace gv::e2e::programs {

std::string daemon();
std::string ctl();
std::string sim();
// The folder of those that the daemon starts for itself.
std::string libexec();

// Whether the daemon and the command line are built with sanitizers: $GV_SANITIZED_PROGRAMS is the
// build folder to take them from. The rest is the same either way, and need not be built twice.
bool sanitized();

}  // namespace gv::e2e::programs
