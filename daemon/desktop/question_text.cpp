#include "daemon/desktop/question_text.hpp"

#include "daemon/util/text.hpp"

namespace gv::desktop {
namespace {

// More than servers show unasked, less than what makes them slow.
constexpr std::size_t most_bytes = 2000;
constexpr std::size_t most_lines = 30;
constexpr std::size_t most_name_bytes = 80;

// What of `text` is shown.
std::string_view fitting(std::string_view text) {
  text = beginning(text, most_bytes);
  std::size_t lines = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && ++lines > most_lines) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

QuestionText question_text(std::string_view name, std::string_view what, std::string_view call_id,
                           bool markup, bool buttons) {
  const std::string_view shown = fitting(what);
  QuestionText text;
  text.whole = shown.size() == what.size();
  text.summary = "Allow " + printable(name, most_name_bytes) + "?";
  text.body = shown;
  if (!text.whole) {
    text.body += "…\n\nCut here: " + std::to_string(what.size() - shown.size()) +
                 " bytes more will run. To see all of it, and to allow it, type: "
                 "gemini-voicectl approve";
  } else if (!buttons) {
    text.body += "\n\nTo allow it, type: gemini-voicectl approve " + shell_word(call_id);
  }
  if (markup) text.body = escape_markup(text.body);
  return text;
}

}  // namespace gv::desktop
