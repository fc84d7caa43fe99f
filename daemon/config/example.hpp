// The installed example, config/config.yaml, as the build put it into the program. What
// `gemini-voicectl config init` writes. Pure; any thread.
#pragma once

#include <string_view>

namespace gv::config {

std::string_view example_yaml();

}  // namespace gv::config
