// The configuration in force as YAML, for `gemini-voicectl config show`. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/config/config.hpp"

namespace gv::config {

// Every key with its value, ready to be loaded again (tables that nothing reads yet are left out).
// Says where an API key would be looked for, never what it is.
std::string dump(const Config& config);

// One value as YAML: in double quotes wherever a plain scalar could be read as something else.
std::string as_scalar(std::string_view text);

}  // namespace gv::config
