// Where the programs are that this project starts for itself.
#pragma once

#include <string>

namespace gv {

// The full path of `name`, as installed; in the folder $GV_LIBEXEC_DIR where that is set, as in a
// build that is not.
std::string libexec_program(const char* name);

}  // namespace gv
