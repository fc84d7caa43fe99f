// What a session's model is told to be: the profile's instructions, completed by its other keys.
// Pure; called by the driver when a session starts.
#pragma once

#include <string>

#include "daemon/config/config.hpp"

namespace gv::profile {

// The profile's own words, then a line for each key of `learning` that says something. (The key
// `language` is the codec's: live/encode.cpp.)
std::string complete_instructions(const config::Profile& profile);

}  // namespace gv::profile
