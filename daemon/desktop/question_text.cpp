#include "daemon/desktop/question_text.hpp"

#include <algorithm>

#include "daemon/util/text.hpp"

namespace gv::desktop {
namespace {

// More than servers show unasked, less than what makes them slow.
constexpr std::size_t most_bytes = 1500;
constexpr std::size_t most_lines = 30;
constexpr std::size_t most_name_bytes = 80;

// The length of what of `text` is shown.
std::size_t shown_length(std::string_view text) {
  std::size_t length = 0;
  for (std::size_t lines = 1; length < text.size() && length < most_bytes; ++length)
    if (text[length] == '\n' && ++lines > most_lines) return length;
  // Not within a character.
  while (length < text.size() && length > 0 &&
         (static_cast<unsigned>(text[length]) & 0xc0U) == 0x80)
    --length;
  return length;
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
  const std::string all = unmasked(what);
  const std::size_t shown = shown_length(all);
  QuestionText text;
  text.whole = shown == all.size();
  text.summary = "Allow " + printable(unmasked(name), most_name_bytes) + "?";
  text.body = all.substr(0, shown);
  if (!text.whole) {
    text.body += "…\n\nCut here: " + std::to_string(all.size() - shown) +
                 " bytes more will run. To see all of it, and to allow it, type: "
                 "gemini-voicectl approve";
  } else if (!buttons) {
    text.body += "\n\nTo allow it, type: gemini-voicectl approve " + shell_word(call_id);
  }
  if (markup) text.body = escape_markup(text.body);
  return text;
}

}  // namespace gv::desktop
