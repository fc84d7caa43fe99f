#include "daemon/profile/phrases.hpp"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

#include "daemon/util/text.hpp"

namespace gv::profile {
namespace {

constexpr std::string_view blanks = " \t\r\n";
// Of scripts whose words stand side by side; the mark of a long vowel belongs to two of them.
constexpr const char* dense =
    "[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Thai}\\p{Lao}\\p{Khmer}\\p{Myanmar}\\x{30fc}]";
constexpr const char* no_letter = "[^\\p{L}\\p{M}\\p{N}_]";

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(false);
  return options;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Its words, with any blanks between them.
std::string pattern_of(std::string_view phrase) {
  std::string pattern;
  while (!phrase.empty()) {
    const auto word = phrase.substr(0, phrase.find_first_of(blanks));
    if (!pattern.empty()) pattern += "[\\s\\p{Z}]+";
    pattern += RE2::QuoteMeta(re2::StringPiece(word.data(), word.size()));
    phrase.remove_prefix(word.size());
    phrase.remove_prefix(std::min(phrase.find_first_not_of(blanks), phrase.size()));
  }
  return pattern;
}

bool matches(std::string_view text, const std::string& pattern) {
  const RE2 compiled(pattern, quiet());
  return compiled.ok() && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled);
}

}  // namespace

Phrases::Phrases(const std::vector<std::string>& phrases) {
  for (const std::string& phrase : phrases) {
    const auto text = trimmed(phrase);
    if (text.empty() || !is_utf8(text)) continue;
    const bool dense_begin = matches(text, std::string("^") + dense);
    const bool dense_end = matches(text, std::string(dense) + "$");
    const std::string pattern = (dense_begin ? "" : std::string("(?:^|") + no_letter + ")") +
                                "(?:" + pattern_of(text) + ")";
    const std::string whole = dense_end ? "" : std::string("(?:$|") + no_letter + ")";
    const std::string growing = dense_end ? "" : no_letter;
    all_.push_back({phrase, std::make_unique<RE2>(pattern + whole, quiet()),
                    std::make_unique<RE2>(pattern + growing, quiet())});
  }
}

Phrases::~Phrases() = default;
Phrases::Phrases(Phrases&&) noexcept = default;
Phrases& Phrases::operator=(Phrases&&) noexcept = default;

const std::string* Phrases::find(std::string_view text, bool growing) const {
  const re2::StringPiece looked_at(text.data(), text.size());
  for (const Phrase& phrase : all_) {
    const RE2& pattern = growing ? *phrase.growing : *phrase.whole;
    if (pattern.ok() && RE2::PartialMatch(looked_at, pattern)) return &phrase.text;
  }
  return nullptr;
}

std::function<bool(std::string_view)> same_as(std::string_view words) {
  const auto wanted =
      std::make_shared<const RE2>("^(?:" + pattern_of(trimmed(words)) + ")$", quiet());
  return [wanted, exact = std::string(words)](std::string_view other) {
    const auto text = trimmed(other);
    return text == exact ||
           (wanted->ok() && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *wanted));
  };
}

}  // namespace gv::profile
