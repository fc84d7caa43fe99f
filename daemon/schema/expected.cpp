#include "daemon/schema/expected.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::schema {
namespace {

namespace json = boost::json;

constexpr std::size_t most_told = 16;         // of an enum
constexpr std::size_t longest_choice = 40;    // bytes
constexpr std::size_t longest_pattern = 100;  // bytes
constexpr std::size_t longest = 400;          // bytes, of all

// Boost writes 1.5 as 1.5E0.
std::string plain(const json::value& value) {
  if (!value.is_double()) return printable(json::serialize(value), longest_choice);
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value.get_double()).ptr;
  return {text.data(), end};
}

std::string range(const json::object& schema) {
  const auto* const low = schema.if_contains("minimum");
  const auto* const high = schema.if_contains("maximum");
  if (low && high) return " from " + plain(*low) + " to " + plain(*high);
  std::string text;
  const auto add = [&text](const char* words, const json::value* limit) {
    if (limit) text += (text.empty() ? " " : " and ") + std::string(words) + " " + plain(*limit);
  };
  add("of at least", low);
  add("above", schema.if_contains("exclusiveMinimum"));
  add("of at most", high);
  add("below", schema.if_contains("exclusiveMaximum"));
  return text;
}

std::string count(const json::object& schema, const char* least, const char* most,
                  const std::string& what) {
  const auto* const low = schema.if_contains(least);
  const auto* const high = schema.if_contains(most);
  if (low && high) return " of " + plain(*low) + " to " + plain(*high) + " " + what;
  if (low) return " of at least " + plain(*low) + " " + what;
  return high ? " of at most " + plain(*high) + " " + what : "";
}

std::string of_type(std::string_view type, const json::object& schema) {
  if (type == "integer") return "a whole number" + range(schema);
  if (type == "number") return "a number" + range(schema);
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list" + count(schema, "minItems", "maxItems", "items");
  if (type == "object") return "an object";
  if (type == "null") return "null";
  std::string text = "a text" + count(schema, "minLength", "maxLength", "characters");
  if (const auto* const pattern = schema.if_contains("pattern")) {
    text += " that matches " + printable(pattern->get_string(), longest_pattern);
  }
  return text;
}

std::string all(const json::object& schema) {
  if (const auto* const only = schema.if_contains("const")) return plain(*only);
  std::vector<std::string> words;
  if (const auto* const choices = schema.if_contains("enum")) {
    for (const auto& choice : choices->get_array()) {
      if (words.size() == most_told) {
        words.emplace_back("another one of its list");
        break;
      }
      words.push_back(plain(choice));
    }
    return one_of(words);
  }
  const auto* const type = schema.if_contains("type");
  if (!type) return "another value" + range(schema);
  if (type->is_string()) return of_type(type->get_string(), schema);
  for (const auto& one : type->get_array())
    words.push_back(of_type(one.get_string(), schema));
  return one_of(words);
}

}  // namespace

std::string expected(const json::object& schema) {
  return printable(all(schema), longest);
}

}  // namespace gv::schema
