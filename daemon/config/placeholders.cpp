#include "daemon/config/placeholders.hpp"

namespace gv::config {

std::variant<std::vector<Piece>, std::string> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  std::string plain;
  const auto end_plain = [&pieces, &plain] {
    if (!plain.empty()) pieces.push_back({false, std::move(plain)});
    plain.clear();
  };
  while (!text.empty()) {
    const char c = text[0];
    if (c != '{' && c != '}') {
      plain += c;
      text.remove_prefix(1);
    } else if (text.size() > 1 && text[1] == c) {
      plain += c;
      text.remove_prefix(2);
    } else if (const auto close = text.find('}'); c == '{' && close != text.npos) {
      if (close == 1) return "{} names no parameter; write {{}} for the braces themselves";
      end_plain();
      pieces.push_back({true, std::string(text.substr(1, close - 1))});
      text.remove_prefix(close + 1);
    } else {
      return std::string("has a ") + c + " alone; write {name} for a parameter, and {{ or }} for " +
             "a brace";
    }
  }
  end_plain();
  return pieces;
}

std::vector<std::string> placeholders_in(std::string_view text) {
  std::vector<std::string> names;
  const auto read = pieces_of(text);
  if (const auto* pieces = std::get_if<std::vector<Piece>>(&read)) {
    for (const Piece& piece : *pieces) {
      if (piece.parameter) names.push_back(piece.text);
    }
  }
  return names;
}

}  // namespace gv::config
