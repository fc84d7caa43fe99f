// The two loopback cards of the kernel under test: what plays on `speaker` is heard by `listener`,
// what `mouth` says is heard by `microphone`.
#pragma once

#include <string>

namespace gv::test {

inline const std::string speaker = "hw:Speaker,0,0";
inline const std::string listener = "hw:Speaker,1,0";
inline const std::string microphone = "hw:Mic,1,0";
inline const std::string mouth = "hw:Mic,0,0";

}  // namespace gv::test
