#include "tests/e2e/support/programs.hpp"

#include <cstdlib>

namespace gv::e2e::programs {

namespace {

std::string under_test() {
  const char* sanitized = std::getenv("GV_SANITIZED_PROGRAMS");
  return sanitized == nullptr ? GV_BUILD_DIR : sanitized;
}

}  // namespace

std::string daemon() {
  return under_test() + "/daemon/gemini-voiced";
}
std::string ctl() {
  return under_test() + "/ctl/gemini-voicectl";
}
bool sanitized() {
  return under_test() != GV_BUILD_DIR;
}
std::string libexec() {
  return GV_BUILD_DIR "/daemon/libexec";
}
std::string sim() {
  return GV_BUILD_DIR "/tests/sim/gemini-live-sim";
}

}  // namespace gv::e2e::programs
