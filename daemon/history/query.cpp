#include "daemon/history/query.hpp"

#include <algorithm>

namespace gv::history {
namespace {

// A character from U+0E00 (Thai) on that is not of the general punctuation: three bytes or more in
// UTF-8, E0 B8 80 and what is above.
bool without_blanks(std::string_view word) {
  for (std::size_t i = 0; i + 2 < word.size(); ++i) {
    const std::string_view character = word.substr(i, 3);
    const auto first = static_cast<unsigned char>(character[0]);
    if (first < 0xE0 || character < "\xE0\xB8\x80") continue;
    if (first == 0xE1 && character >= "\xE1\xB8\x80") continue;  // Latin and Greek, extended
    if (first == 0xE2 && character < "\xE2\xBA\x80") continue;   // punctuation and signs
    return true;
  }
  return false;
}

std::string in_quotes(std::string_view word) {
  std::string text = "\"";
  for (const char c : word) {
    text += c;
    if (c == '"') text += c;
  }
  return text + "\"*";
}

std::string anywhere(std::string_view word) {
  std::string text = "%";
  for (const char c : word) {
    if (c == '%' || c == '_' || c == '\\') text += '\\';
    text += c;
  }
  return text + '%';
}

}  // namespace

Query query(std::string_view words) {
  constexpr std::string_view blanks = " \t\n\r\v\f";
  Query found;
  for (std::size_t at = 0; (at = words.find_first_not_of(blanks, at)) != std::string_view::npos;) {
    const std::size_t end = std::min(words.find_first_of(blanks, at), words.size());
    const auto word = words.substr(at, end - at);
    at = end;
    if (without_blanks(word)) {
      found.within.push_back(anywhere(word));
    } else {
      found.match += (found.match.empty() ? "" : " ") + in_quotes(word);
    }
  }
  return found;
}

}  // namespace gv::history
