#include "tests/e2e/support/programs.hpp"

namespace gv::e2e::programs {

std::string daemon() {
  return GV_BUILD_DIR "/daemon/gemini-voiced";
}
std::string ctl() {
  return GV_BUILD_DIR "/ctl/gemini-voicectl";
}
std::string sim() {
  return GV_BUILD_DIR "/tests/sim/gemini-live-sim";
}

}  // namespace gv::e2e::programs
