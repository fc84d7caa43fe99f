// Opens the file that a portal has left a picture in.
#pragma once

#include <string>
#include <variant>

#include "daemon/desktop/file.hpp"
#include "daemon/util/error.hpp"

namespace gv::desktop {

// uri: as the portal gave it. Removes a file that lies in a temporary folder and is ours (see
// screen.hpp). Never waits: what is no plain file is not opened.
std::variant<File, Failure> open_shot(const std::string& uri);

}  // namespace gv::desktop
