// Where the programs under test are.
#pragma once

#include <string>

namespace gv::e2e::programs {

inline std::string daemon() {
  return GV_BUILD_DIR "/daemon/gemini-voiced";
}
inline std::string ctl() {
  return GV_BUILD_DIR "/ctl/gemini-voicectl";
}
inline std::string sim() {
  return GV_BUILD_DIR "/tests/sim/gemini-live-sim";
}

}  // namespace gv::e2e::programs
