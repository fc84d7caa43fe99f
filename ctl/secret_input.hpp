// Reading an API key from whoever types or pipes it. Blocks.
#pragma once

#include <string>

#include "daemon/config/secret.hpp"

namespace gv::ctl {

// One line of standard input; from a terminal without showing it, after `prompt` on standard error.
// Empty: the end came first, or nothing was typed. Throws Interrupted on SIGINT and SIGTERM, with
// the terminal as it was; Problem where it cannot be read.
config::Secret read_secret(const std::string& prompt);

}  // namespace gv::ctl
