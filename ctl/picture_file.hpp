// The image that is to be shown, opened.
#pragma once

#include <string>

#include "daemon/desktop/file.hpp"

namespace gv::ctl {

struct PictureFile {
  desktop::File file;  // at its beginning
  std::string mime_type;
};

// name: a path, or "-" for standard input. What is no plain file is read to its end first. Throws
// Problem where it cannot be opened, is too large, or is no image that the daemon reads.
PictureFile open_picture(const std::string& verb, const std::string& name);

}  // namespace gv::ctl
