#include "daemon/util/words.hpp"

#include <algorithm>
#include <numeric>

#include "daemon/util/text.hpp"

namespace gv {
namespace {

constexpr std::size_t longest_quote = 40;

// Levenshtein.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string one_line(std::string_view text, std::size_t longest) {
  std::string result;
  std::size_t end = std::min(text.size(), longest);
  // Never cut inside a UTF-8 sequence.
  while (end < text.size() && end > 0 && (text[end] & '\xc0') == '\x80')
    --end;
  for (const char c : text.substr(0, end)) {
    result += is_control(c) ? '?' : c;
  }
  if (end < text.size()) result += "…";
  return result;
}

std::string in_quotes(std::string_view text) {
  return '"' + one_line(text, longest_quote) + '"';
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return "";
  // A swap of two letters counts as two changes.
  std::size_t best = word.size() <= 3 ? 2 : word.size() <= 8 ? 3 : 4;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best) {
      best = d;
      nearest = &candidate;
    }
  }
  return nearest ? " (did you mean " + *nearest + "?)" : "";
}

std::string one_of(const std::vector<std::string>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choices[i];
  }
  return text;
}

std::size_t find_invalid_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const unsigned second = byte(i + 1);
    std::size_t length = 0;
    if (first < 0x80) {
      length = 1;
    } else if (first >= 0xc2 && first <= 0xdf) {
      length = 2;
    } else if (first >= 0xe0 && first <= 0xef) {
      // No overlong forms, no surrogates.
      if (!(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f)) length = 3;
    } else if (first >= 0xf0 && first <= 0xf4) {
      if (!(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f)) length = 4;
    }
    if (length == 0) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace gv
