#include "daemon/schema/schema.hpp"

#include <algorithm>
#include <array>

#include "daemon/schema/arguments.hpp"
#include "daemon/schema/keywords.hpp"
#include "daemon/util/text.hpp"

namespace gv::schema {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_mismatch = 1000;  // bytes

// Nothing is said but that there is an object, perhaps an empty one.
bool takes_nothing(const json::object& root) {
  constexpr std::array<std::string_view, 6> silent{"type",  "$schema",     "$comment",
                                                   "title", "description", "default"};
  return std::ranges::all_of(root, [&silent](const auto& member) {
    const std::string_view key = member.key();
    const auto& value = member.value();
    if (key == "properties") return value.get_object().empty();
    if (key == "required") return value.get_array().empty();
    if (key == "additionalProperties") return value.is_bool() && !value.get_bool();
    return std::ranges::find(silent, key) != silent.end();
  });
}

}  // namespace

std::variant<Schema, Fault> Schema::parse(const json::value& schema, Dialect dialect) {
  if (auto faults = faults_of(schema, dialect); !faults.empty()) return std::move(faults.front());
  Schema result;
  result.root_ = schema;
  result.dialect_ = dialect;
  if (!takes_nothing(schema.get_object())) result.json_ = json::serialize(schema);
  return result;
}

std::vector<Fault> Schema::check(const json::value& schema, Dialect dialect) {
  return faults_of(schema, dialect);
}

std::optional<std::string> Schema::mismatch(const json::object& arguments) const {
  const auto misfits = Arguments(dialect_).misfits(arguments, root_.get_object(), "");
  if (misfits.empty()) return std::nullopt;
  std::string all;
  for (const auto& misfit : misfits)
    all += (all.empty() ? "" : "; ") + misfit;
  return printable(all, longest_mismatch);
}

std::vector<std::string> Schema::names() const {
  std::vector<std::string> names;
  if (const auto* const properties = root_.get_object().if_contains("properties")) {
    for (const auto& member : properties->get_object())
      names.emplace_back(member.key());
  }
  return names;
}

bool Schema::requires_parameter(std::string_view name) const {
  const auto* const required = root_.get_object().if_contains("required");
  return required && std::ranges::any_of(required->get_array(), [name](const auto& entry) {
           return entry.get_string() == name;
         });
}

}  // namespace gv::schema
