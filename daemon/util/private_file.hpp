// Files for nobody but the user. Any thread.
#pragma once

#include <string>

namespace gv {

// Replaces the file (0600): whole or not at all, and never readable by others, not for a moment.
// Without fsync. false: errno says why, and the file is as it was.
bool write_private(const std::string& path, const std::string& text);

// Writes a new file in the same way. false: errno says why, EEXIST where there is one of that name.
bool write_new_private(const std::string& path, const std::string& text);

// Makes the folder (0700), and those above it, where it is not there. false: errno says why.
bool private_folder(const std::string& path);

}  // namespace gv
