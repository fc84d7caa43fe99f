// Reading a small regular file without ever waiting for it. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include <sys/types.h>

namespace gv::config {

struct FileText {
  std::string text;
  uid_t owner = 0;
  mode_t mode = 0;  // permission bits
};

struct FileError {
  int code = 0;         // errno, 0 where the file is there but unfit
  std::string message;  // e.g. "No such file or directory", "it is a directory"
};

// Opened non-blocking, so that a FIFO or a device is refused instead of waited for.
std::variant<FileText, FileError> read_regular_file(const std::string& path, std::size_t most);

}  // namespace gv::config
