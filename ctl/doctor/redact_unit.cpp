// systemd.syntax(7), for what a unit's settings give away.
#include <algorithm>
#include <cctype>

#include <re2/re2.h>

#include "ctl/doctor/redact.hpp"

namespace gv::ctl {
namespace {

constexpr const char* hidden = "[hidden]";
constexpr std::string_view blank = " \t";

// RE2's own view of a text is another type in each Debian; a string fits all of them.
bool is(std::string_view text, const RE2& what) {
  return RE2::FullMatch(std::string(text), what);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// The value goes on in the next line: an odd number of backslashes, or the last one is escaped.
bool goes_on(std::string_view line) {
  const auto other = line.find_last_not_of('\\');
  return (line.size() - (other == line.npos ? 0 : other + 1)) % 2 == 1;
}

// The next word, without its quotes, which may stand in the middle of it.
std::string take_word(std::string_view& rest) {
  std::string word;
  char quote = '\0';
  std::size_t at = rest.find_first_not_of(blank);
  for (at = std::min(at, rest.size()); at < rest.size(); ++at) {
    const char c = rest[at];
    if (c == '\\' && at + 1 < rest.size()) {
      word += rest[++at];
    } else if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote == '\0' ? c : '\0';
    } else if (quote == '\0' && blank.find(c) != blank.npos) {
      break;
    } else {
      word += c;
    }
  }
  rest.remove_prefix(at);
  return word;
}

// "A=1 'B=2 3'": the names. bare: words without a value are names, too, as in PassEnvironment=.
std::string variables(std::string_view value, bool bare) {
  static const RE2 variable("[A-Za-z_][A-Za-z0-9_]*");
  std::string names;
  for (value = trimmed(value); !value.empty(); value = trimmed(value)) {
    const std::string word = take_word(value);
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!names.empty()) names += ' ';
    const bool named = (bare || equals != word.npos) && is(name, variable);
    names += named ? name : hidden;
    if (named && equals != word.npos) names += std::string("=") + hidden;
  }
  return names;
}

// "-/usr/bin/env X=1": the program, without its folder.
std::string program(std::string_view value) {
  const auto prefix = std::min(value.find_first_not_of("@-:+!|"), value.size());
  const std::string flags(value.substr(0, prefix));
  value.remove_prefix(prefix);
  const std::string name = take_word(value);
  const std::string rest = trimmed(value).empty() ? "" : std::string(" ") + hidden;
  // No program, but what was meant to be a variable.
  if (name.find('=') != name.npos) return flags + hidden + rest;
  return flags + name.substr(name.rfind('/') + 1) + rest;
}

// "ID:what": the ID.
std::string credential(std::string_view value, bool needs_value) {
  static const RE2 id("[\"']?[A-Za-z0-9_.@*?\\[\\]^!-]+");
  const auto colon = value.find(':');
  const std::string_view name = value.substr(0, colon);
  if (!is(name, id) || (needs_value && colon == value.npos)) return hidden;
  return std::string(name) + (colon == value.npos ? "" : std::string(":") + hidden);
}

// What other settings have behind a = is the value of something, too: ConditionEnvironment=A=b.
std::string plain(std::string_view value) {
  const auto equals = value.find('=');
  if (equals == value.npos) return std::string(value);
  return std::string(value.substr(0, equals + 1)) + hidden;
}

bool within(std::string_view name, std::string_view part) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(name.begin(), name.end(), part.begin(), part.end(), same) != name.end();
}

std::string redacted_setting(std::string_view line) {
  static const RE2 section(R"(\[[A-Za-z-]+\])");
  // systemd's own, and no variable that has lost the line before it.
  static const RE2 known("[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*");
  static const RE2 word("[A-Za-z0-9_-]+");
  if (is(line, section)) return std::string(line);
  const auto equals = line.find('=');
  const std::string_view name = trimmed(line.substr(0, equals));
  if (equals == line.npos || !is(name, word)) return hidden;
  std::string begin = std::string(name) + '=';
  const std::string_view value = trimmed(line.substr(equals + 1));
  if (value.empty()) return begin;
  if (!is(name, known) && !within(name, "environment")) return begin + hidden;
  if (within(name, "environmentfile") || within(name, "standardinput")) return begin + hidden;
  if (within(name, "environment")) {
    return begin + variables(value, within(name, "passenv") || within(name, "unsetenv"));
  }
  if (within(name, "credential")) return begin + credential(value, within(name, "set"));
  if (within(name, "exec")) return begin + program(value);
  return begin + plain(value);
}

}  // namespace

std::string redacted_unit(std::string_view text) {
  std::string result;
  std::string setting;
  const auto flush = [&result, &setting] {
    if (const std::string_view whole = trimmed(setting); !whole.empty()) {
      result += redacted_setting(whole) + '\n';
    }
    setting.clear();
  };
  while (!text.empty()) {
    constexpr std::string_view ends("\n\r\0", 3);
    const auto end = std::min(text.find_first_of(ends), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<std::size_t>(1, text.size()));
    const std::string_view begin = trimmed(line);
    // A comment ends no setting that goes on behind it.
    if (begin.starts_with('#') || begin.starts_with(';')) continue;
    const bool more = goes_on(line);
    if (more) line.remove_suffix(1);
    setting.append(line).append(more ? " " : "");
    if (!more) flush();
  }
  flush();
  return result;
}

}  // namespace gv::ctl
