#include "daemon/util/libexec.hpp"

#include <cstdlib>

namespace gv {

std::string libexec_program(const char* name) {
  const char* folder = std::getenv("GV_LIBEXEC_DIR");
  if (folder == nullptr || *folder == '\0') folder = GV_LIBEXEC;
  return std::string(folder) + '/' + name;
}

}  // namespace gv
