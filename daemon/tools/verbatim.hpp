// What will run, shown to the user who is asked about it: all of it, however long that is, and so
// that it cannot look like something else. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace gv::tools {

// Whether a person sees this character for what it is: no control character, none that hides
// itself, its neighbours or their order, no blank but the common one.
bool is_plain(char32_t character);

// A command line as a shell would take it. What is not plain is written in $'…', as \n, \u{202e}
// or, where it is no character, \x{ff}.
std::string shown_command(const std::vector<std::string>& argv);

// JSON, indented; what is not plain is written as \u{202e} (JSON itself has no such braces).
std::string shown_json(const boost::json::object& object);

}  // namespace gv::tools
