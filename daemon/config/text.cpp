#include "daemon/config/text.hpp"

namespace gv::config {
namespace {

constexpr std::size_t shortest_key_tail = 16;

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

struct Span {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

Span find_api_key(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const std::string_view start : {"AIza", "AQ."}) {
      if (text.substr(at, start.size()) != start) continue;
      if (at > 0 && is_key_character(text[at - 1])) continue;
      std::size_t end = at + start.size();
      while (end < text.size() && is_key_character(text[end]))
        ++end;
      if (end - at - start.size() >= shortest_key_tail) return {at, end};
    }
  }
  return {};
}

}  // namespace

bool holds_api_key(std::string_view text) {
  return find_api_key(text).begin != std::string_view::npos;
}

std::string without_api_keys(std::string text) {
  for (Span key = find_api_key(text); key.begin != std::string_view::npos;
       key = find_api_key(text)) {
    text.replace(key.begin, key.end - key.begin, "…");
  }
  return text;
}

}  // namespace gv::config
