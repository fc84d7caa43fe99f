// A program that is run to its end. Blocks.
#pragma once

#include "daemon/tools/runner.hpp"

namespace gv::ctl {

tools::RunOutcome run_program(tools::RunSpec spec);

}  // namespace gv::ctl
