// A tool's question, as a notification words it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gv::desktop {

// For the body of a notification of a server with the capability body-markup.
std::string escape_markup(std::string_view text);

struct QuestionText {
  std::string summary;
  std::string body;
  bool whole = true;  // all of `what` is in it
};

// what: verbatim, a line an argument, with nothing in it that hides (tools::Plan). It is bounded;
// where it is cut, or there are no buttons to answer with, the body says what to type.
QuestionText question_text(std::string_view name, std::string_view what, std::string_view call_id,
                           bool markup, bool buttons);

}  // namespace gv::desktop
