#include "daemon/tools/verbatim.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "daemon/util/text.hpp"

namespace gv::tools {

namespace json = boost::json;

namespace {

using Range = std::pair<char32_t, char32_t>;

// Unicode 15: control and format characters, blanks other than the common one, fillers and
// selectors without a shape, marks that strike through or enclose, private use, no characters.
constexpr std::array<Range, 37> not_plain{{
    {0x0000, 0x001f},    {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x0334, 0x0338},
    {0x034f, 0x034f},    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},
    {0x070f, 0x070f},    {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},
    {0x1680, 0x1680},    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},
    {0x2028, 0x202f},    {0x205f, 0x206f},   {0x20d0, 0x20ff},   {0x2800, 0x2800},
    {0x3000, 0x3000},    {0x3164, 0x3164},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
    {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xffff},
    {0x110bd, 0x110bd},  {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
    {0x1d159, 0x1d159},  {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},
    {0x3fffe, 0x10ffff},
}};

// Letters that are written from right to left: the order of a line with them is not that of its
// characters.
constexpr std::array<Range, 5> right_to_left{{
    {0x0590, 0x08ff},
    {0xfb1d, 0xfdff},
    {0xfe70, 0xfeff},
    {0x10800, 0x10fff},
    {0x1e800, 0x1efff},
}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.second; });
}

// Of a valid sequence.
char32_t decoded(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead;
  char32_t result = lead & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1))
    result = result << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return result;
}

std::string braced(char letter, std::uint32_t value) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return std::string("\\") + letter + "{" + std::string(digits.data(), end) + "}";
}

// Calls each(sequence, escaped): escaped is empty for a plain character.
template <class Each>
void for_each_character(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto sequence = text.substr(0, std::max<std::size_t>(1, length));
    text.remove_prefix(sequence.size());
    if (length == 0) {
      each(sequence, braced('x', static_cast<unsigned char>(sequence[0])));
    } else if (const char32_t c = decoded(sequence); is_plain(c)) {
      each(sequence, std::string());
    } else if (c == '\n' || c == '\t' || c == '\r') {
      each(sequence, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
    } else {
      each(sequence, braced('u', c));
    }
  }
}

bool all_plain(std::string_view text) {
  bool plain = true;
  for_each_character(text, [&plain](std::string_view /*sequence*/, const std::string& escaped) {
    plain = plain && escaped.empty();
  });
  return plain;
}

bool runs_backwards(std::string_view text) {
  bool backwards = false;
  for_each_character(text, [&backwards](std::string_view sequence, const std::string& escaped) {
    backwards = backwards || (escaped.empty() && within(right_to_left, decoded(sequence)));
  });
  return backwards;
}

std::string quoted(std::string_view word) {
  constexpr std::string_view safe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(safe) == word.npos) return std::string(word);
  const bool plain = all_plain(word);
  if (plain && word.find('\'') == word.npos) return "'" + std::string(word) + "'";
  std::string result = "$'";
  for_each_character(word, [&result](std::string_view sequence, const std::string& escaped) {
    if (sequence == "\\" || sequence == "'") result += '\\';
    result += escaped.empty() ? sequence : std::string_view(escaped);
  });
  return result + "'";
}

// As JSON has it, and what is not plain besides.
std::string shown_string(std::string_view text) {
  std::string result = "\"";
  for_each_character(text, [&result](std::string_view sequence, const std::string& escaped) {
    if (sequence == "\\" || sequence == "\"") result += '\\';
    result += escaped.empty() ? sequence : std::string_view(escaped);
  });
  return result + "\"";
}

// Only as deep as what the parser lets through.
// NOLINTNEXTLINE(misc-no-recursion)
void show(const json::value& value, const std::string& indent, std::string& out) {
  const std::string deeper = indent + "  ";
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    const char* separator = "{\n";
    for (const auto& [key, member] : *object) {
      out.append(std::exchange(separator, ",\n")).append(deeper);
      out.append(shown_string({key.data(), key.size()})).append(": ");
      show(member, deeper, out);
    }
    out.append("\n").append(indent).append("}");
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    const char* separator = "[\n";
    for (const auto& element : *array) {
      out.append(std::exchange(separator, ",\n")).append(deeper);
      show(element, deeper, out);
    }
    out.append("\n").append(indent).append("]");
  } else if (const auto* text = value.if_string()) {
    out += shown_string({text->data(), text->size()});
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

bool is_plain(char32_t character) {
  return !within(not_plain, character);
}

std::string shown_command(const std::vector<std::string>& argv) {
  // A line is what the order of characters is confined to.
  const bool lines = std::any_of(argv.begin(), argv.end(),
                                 [](const std::string& word) { return runs_backwards(word); });
  std::string result;
  for (const std::string& word : argv) {
    if (!result.empty()) result += lines ? " \\\n  " : " ";
    result += quoted(word);
  }
  return result;
}

std::string shown_json(const json::object& object) {
  std::string result;
  show(object, "", result);
  return result;
}

}  // namespace gv::tools
