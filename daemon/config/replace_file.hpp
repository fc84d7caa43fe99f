// Writing a small file whole or not at all. Any thread; waits for the disk.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

namespace gv::config {

// The file gets this content and these permission bits; until then it is what it was, and no other
// user sees the new one for a moment. A symbolic link stays one: what it names is replaced, or
// made. Folders on the way are made. Throws std::system_error.
void replace_file(const std::string& path, std::string_view content, mode_t mode);

}  // namespace gv::config
