// Where the programs under test are.
#pragma once

#include <string>

namespace gv::e2e::programs {

std::string daemon();
std::string ctl();
std::string sim();

}  // namespace gv::e2e::programs
