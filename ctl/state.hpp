// The folder of what the daemon keeps, for the verbs that read it without one.
#pragma once

#include <string>

namespace gv::ctl {

// what: for the error line. Throws Problem where there is no home for it.
std::string state_folder(const char* what);

}  // namespace gv::ctl
