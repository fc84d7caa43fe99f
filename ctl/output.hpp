// Standard output, a line at a time: each line is written at once, so that pipes and status bars
// see it when it happens.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gv::ctl {

// Thrown where nobody reads any more (EPIPE): the quiet end of `watch | head`.
struct OutputClosed {};

void print_raw(std::string_view text);
void print(std::string_view line);
void print(const boost::json::object& object);  // one line

void complain(std::string line);  // on standard error

bool output_is_terminal();
unsigned terminal_columns();  // 80 where it is none
bool output_has_colour();     // a terminal, and no $NO_COLOR

// Words of the conversation made harmless for a terminal: control characters become spaces.
// keep_lines: newlines and tabs stay.
std::string printable(std::string_view text, bool keep_lines = false);

}  // namespace gv::ctl
