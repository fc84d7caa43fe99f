// What a program that has run comes to, as the model is told. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/tools/host.hpp"
#include "daemon/tools/runner.hpp"

namespace gv::tools {

// {"error": words}; words may be any bytes.
Result failed(std::string_view words);

// The end of a program. What it printed is text, whatever it looks like; anything else is an error.
Result answer(const RunOutcome& outcome, std::chrono::milliseconds time_limit);

// "30 s", "500 ms".
std::string in_words(std::chrono::milliseconds time);

}  // namespace gv::tools
