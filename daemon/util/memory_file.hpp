// Bytes as a file without a name, to be read from its beginning by a program: nobody waits for who
// does not read it. Any thread.
#pragma once

#include <string_view>

namespace gv {

class MemoryFile {
 public:
  // None where there is nothing in it; not whole where the system has no memory for it.
  explicit MemoryFile(std::string_view content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int get() const { return fd_; }  // -1: there is none
  bool whole() const { return whole_; }

 private:
  int fd_ = -1;
  bool whole_ = true;
};

}  // namespace gv
