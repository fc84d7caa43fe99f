#include "daemon/schema/arguments.hpp"

#include <algorithm>
#include <cmath>

#include "daemon/schema/expected.hpp"
#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::schema {
namespace {

namespace json = boost::json;

constexpr std::size_t most_misfits = 4;
constexpr std::size_t longest_path = 200;    // bytes
constexpr std::size_t most_names = 16;       // that are told where one is unknown
constexpr std::size_t longest_match = 8192;  // bytes that a pattern is tried on
constexpr std::int64_t pattern_memory = 256 << 10;

long double number(const json::value& value) {
  if (value.is_int64()) return static_cast<long double>(value.get_int64());
  if (value.is_uint64()) return static_cast<long double>(value.get_uint64());
  return static_cast<long double>(value.get_double());
}

// As JSON Schema has it: 1 and 1.0 are the same number.
bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return number(a) == number(b);
  if (a.kind() != b.kind()) return false;
  if (a.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), equal);
  }
  if (!a.is_object()) return a == b;
  const auto& other = b.get_object();
  return a.get_object().size() == other.size() &&
         std::ranges::all_of(a.get_object(), [&other](const auto& member) {
           const auto* const found = other.if_contains(member.key());
           return found && equal(member.value(), *found);
         });
}

bool within(const json::value& value, const json::object& schema) {
  const auto holds = [&schema, n = number(value)](const char* keyword, auto compare) {
    const auto* const limit = schema.if_contains(keyword);
    return !limit || compare(n, number(*limit));
  };
  return holds("minimum", std::greater_equal<>()) && holds("maximum", std::less_equal<>()) &&
         holds("exclusiveMinimum", std::greater<>()) && holds("exclusiveMaximum", std::less<>());
}

bool has_count(std::size_t count, const json::object& schema, const char* least, const char* most) {
  const auto* const low = schema.if_contains(least);
  const auto* const high = schema.if_contains(most);
  const auto n = static_cast<long double>(count);
  return (!low || n >= number(*low)) && (!high || n <= number(*high));
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & '\xc0') != '\x80'; }));
}

bool is_choice(const json::value& value, const json::object& schema) {
  const auto* const only = schema.if_contains("const");
  if (only && !equal(value, *only)) return false;
  const auto* const choices = schema.if_contains("enum");
  return !choices || std::ranges::any_of(choices->get_array(), [&value](const auto& choice) {
    return equal(value, choice);
  });
}

bool has_one_type(const json::value& value, const json::object& schema) {
  const auto* const type = schema.if_contains("type");
  if (!type) return true;
  if (type->is_string()) return has_type(value, type->get_string());
  return std::ranges::any_of(type->get_array(), [&value](const json::value& one) {
    return has_type(value, one.get_string());
  });
}

std::string below(const std::string& path, std::string_view name) {
  return (path.empty() ? "" : path + ".") + printable(name, longest_path);
}

}  // namespace

bool has_type(const json::value& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "null") return value.is_null();
  if (!value.is_number()) return false;
  if (type == "number" || !value.is_double()) return true;
  // Beyond this a double does not tell whole numbers apart.
  constexpr double largest_whole = 9007199254740992.0;
  const double n = value.get_double();
  return std::abs(n) <= largest_whole && std::trunc(n) == n;
}

const re2::RE2& Arguments::pattern(std::string_view text) {
  auto found = patterns_.find(text);
  if (found == patterns_.end()) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(pattern_memory);
    auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    found = patterns_.emplace(text, std::move(compiled)).first;
  }
  return *found->second;
}

std::vector<std::string> Arguments::misfits(const json::value& value, const json::object& schema,
                                            const std::string& path) {
  found_.clear();
  compare(value, schema, path);
  return std::move(found_);
}

void Arguments::add(const std::string& path, const std::string& what) {
  found_.push_back((path.empty() ? "the arguments" : printable(path, longest_path)) + ": " + what);
}

// As deep as the schema is, whatever the value.
void Arguments::compare(const json::value& value, const json::object& schema,
                        const std::string& path) {
  if (found_.size() >= most_misfits) return;
  const bool fits =
      has_one_type(value, schema) && is_choice(value, schema) &&
      (!value.is_number() || within(value, schema)) &&
      (!value.is_string() || compare_text(value.get_string(), schema)) &&
      (!value.is_array() || has_count(value.get_array().size(), schema, "minItems", "maxItems"));
  if (!fits) {
    add(path, "expected " + expected(schema));
  } else if (value.is_array()) {
    compare_list(value.get_array(), schema, path);
  } else if (value.is_object()) {
    compare_object(value.get_object(), schema, path);
  }
}

bool Arguments::compare_text(const json::string& value, const json::object& schema) {
  if (!has_count(code_points(value), schema, "minLength", "maxLength")) return false;
  const auto* const wanted = schema.if_contains("pattern");
  if (!wanted || dialect_ == Dialect::lenient) return true;
  return value.size() <= longest_match &&
         re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()),
                                pattern(wanted->get_string()));
}

void Arguments::compare_list(const json::array& value, const json::object& schema,
                             const std::string& path) {
  const auto* const items = schema.if_contains("items");
  if (!items || !items->is_object()) return;
  for (std::size_t i = 0; i < value.size() && found_.size() < most_misfits; ++i)
    compare(value[i], items->get_object(), path + "[" + std::to_string(i) + "]");
}

void Arguments::compare_object(const json::object& value, const json::object& schema,
                               const std::string& path) {
  const auto* const properties = schema.if_contains("properties");
  const auto* const more = schema.if_contains("additionalProperties");
  const bool closed = more && more->is_bool() ? !more->get_bool() : dialect_ == Dialect::strict;
  for (const auto& member : value) {
    if (found_.size() >= most_misfits) return;
    const auto* const described =
        properties ? properties->get_object().if_contains(member.key()) : nullptr;
    if (!described) {
      if (closed) unknown(member.key(), schema, path);
    } else if (described->is_object()) {
      compare(member.value(), described->get_object(), below(path, member.key()));
    }
  }
  const auto* const required = schema.if_contains("required");
  if (!required) return;
  for (const auto& entry : required->get_array()) {
    const std::string_view name = entry.get_string();
    if (found_.size() >= most_misfits) return;
    if (value.contains(name)) continue;
    const auto* const described = properties ? properties->get_object().if_contains(name) : nullptr;
    const bool told = described && described->is_object();
    add(below(path, name),
        told ? "is missing; expected " + expected(described->get_object()) : "is missing");
  }
}

void Arguments::unknown(std::string_view name, const json::object& schema,
                        const std::string& path) {
  std::vector<std::string> names;
  if (const auto* const properties = schema.if_contains("properties")) {
    for (const auto& member : properties->get_object())
      names.push_back(printable(member.key(), longest_path));
  }
  // The name is the model's own word, and may be any bytes.
  const std::string shown = printable(name, 40);
  std::string hint = did_you_mean(shown, names);
  if (hint.empty()) {
    if (names.size() > most_names) names.resize(most_names);
    hint = names.empty() ? "; there is none at all" : "; there is " + one_of(names);
  }
  add(path, "there is no parameter \"" + shown + "\"" + hint);
}

}  // namespace gv::schema
