// A program that is run to its end. Blocks.
#pragma once

#include <string>
#include <vector>

#include "daemon/tools/runner.hpp"

namespace gv::ctl {

// Of our environment (NAME=value), what any program that we run may have: never the API key.
std::vector<std::string> environment_for_programs();

tools::RunOutcome run_program(tools::RunSpec spec);

}  // namespace gv::ctl
