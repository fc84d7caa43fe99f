#include "daemon/util/text.hpp"

#include <algorithm>

namespace gv {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

}  // namespace

std::size_t sequence_length(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [byte](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;  // no surrogates
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view beginning(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && continues(text[max_bytes]))
    --max_bytes;
  return text.substr(0, max_bytes);
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  std::string result;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    std::string_view shown = length == 0 ? replacement : text.substr(0, length);
    if (length == 1 && is_control(text[0])) shown = " ";
    if (result.size() + shown.size() > max_bytes) break;
    result += shown;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@%+=-";
  if (!text.empty() && text[0] != '-' && text.find_first_not_of(plain) == text.npos) {
    return std::string(text);
  }
  std::string word = text.starts_with('-') ? "-- '" : "'";
  for (const char c : text)
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

void hide_secret(std::string& text, std::string_view secret, std::string_view label) {
  constexpr std::size_t least = 8;
  if (secret.size() < least) return;
  std::string_view rest = text;
  std::string shown;
  for (;;) {
    const auto at = rest.find(secret.substr(0, least));
    if (at == rest.npos) break;
    shown.append(rest.substr(0, at)).append(label);
    rest.remove_prefix(at);
    const auto end = std::mismatch(rest.begin(), rest.end(), secret.begin(), secret.end()).first;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
  }
  if (!shown.empty()) text = shown.append(rest);
}

}  // namespace gv
