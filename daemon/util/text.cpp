#include "daemon/util/text.hpp"

#include <algorithm>
#include <iterator>

namespace gv {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

// The length of the valid UTF-8 sequence that `text` begins with; 0: it begins with none (RFC
// 3629).
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

// Of a valid sequence.
char32_t code_point(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t code = lead & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return code;
}

// Controls, and what Unicode calls format characters: invisible, or changing what is seen. Joiners
// of scripts and emoji are among them.
bool hides(char32_t code) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  constexpr Range ranges[] = {
      {0x00, 0x09},     {0x0b, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},
      {0x61c, 0x61c},   {0x115f, 0x1160}, {0x180b, 0x180e}, {0x200b, 0x200f},
      {0x2028, 0x202e}, {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0e},
      {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](Range r) { return r.first <= code && code <= r.last; });
}

std::string name_of(char32_t code) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string hex;
  for (; code != 0 || hex.size() < 4; code >>= 4)
    hex.insert(hex.begin(), digits[code & 0xfU]);
  return "[U+" + hex + "]";
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string result;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    std::string_view shown = length == 0 ? replacement : text.substr(0, length);
    if (length == 1 && (text[0] < ' ' || text[0] == '\x7f')) shown = " ";
    if (result.size() + shown.size() > max_bytes) break;
    result += shown;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string unmasked(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      result += replacement;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view sequence = text.substr(0, length);
    const char32_t code = code_point(sequence);
    result += hides(code) ? name_of(code) : std::string(sequence);
    text.remove_prefix(length);
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
