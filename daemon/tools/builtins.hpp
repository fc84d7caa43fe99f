// What a model may do without a program: end the session, close the microphone, look at the
// screen, save a word (save_word.hpp).
#pragma once

#include <optional>
#include <string_view>

#include "daemon/live/function.hpp"
#include "daemon/tools/host.hpp"

namespace gv::tools {

constexpr std::string_view look_at_screen = "look_at_screen";

// The function of that name; nullptr: nothing of that name is built in.
const live::Function* builtin_function(std::string_view name);

// Of one that builtin_function() knows.
Plan builtin_plan(std::string_view name);

}  // namespace gv::tools
