// Any JSON as the schema of a tool's arguments, ours or somebody else's, and any JSON as arguments:
// the first line is the schema, what follows are the arguments.
#include "daemon/schema/schema.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json.hpp>

#include "tests/fuzz/check.hpp"

using namespace gv;
using fuzz::check;
using schema::Dialect;
using schema::Schema;

namespace {

namespace json = boost::json;

constexpr std::string_view secret = "a-value-of-the-user";

json::value read(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 100;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  return error ? json::value() : value;
}

void check_fault(const schema::Fault& fault, const json::value& schema) {
  check(!fault.message.empty() && fault.message.size() < 600, "a fault is short", fault.message);
  check(fuzz::is_printable_line(fault.message), "a fault is one printable line", fault.message);
  boost::system::error_code error;
  check(schema.find_pointer(fault.at, error) != nullptr, "a fault is somewhere", fault.at);
}

// Every text that was given becomes one that must not be repeated.
void hide(json::value& value) {
  if (value.is_string()) {
    value = secret;
  } else if (value.is_array()) {
    for (auto& item : value.get_array())
      hide(item);
  } else if (value.is_object()) {
    for (auto& member : value.get_object())
      hide(member.value());
  }
}

bool fits(const Schema& schema, const json::object& arguments, bool may_be_told) {
  const auto wrong = schema.mismatch(arguments);
  check(wrong == schema.mismatch(arguments), "the same arguments fit as badly again");
  if (!wrong) return true;
  check(!wrong->empty() && wrong->size() <= 1000, "a mismatch is short", *wrong);
  check(fuzz::is_printable_line(*wrong), "a mismatch is one printable line", *wrong);
  check(may_be_told || wrong->find(secret) == wrong->npos, "no value is repeated", *wrong);
  return false;
}

void check_sound(const Schema& sound, Dialect dialect) {
  check(sound.json().size() <= schema::largest, "a schema is bounded");
  if (sound.json().empty()) return;
  const auto again = Schema::parse(read(sound.json()), dialect);
  check(std::holds_alternative<Schema>(again), "what is told is a schema", sound.json());
  std::size_t required = 0;
  for (const auto& name : sound.names())
    required += sound.requires_parameter(name) ? 1 : 0;
  const bool none = fits(sound, {}, true);
  check(!none || required == 0, "what is required must be there", sound.json());
  check(dialect == Dialect::lenient || none == (required == 0),
        "nothing fits where nothing is required", sound.json());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), input.size());
  const json::value described = read(input.substr(0, end));
  json::value given = read(input.substr(end));
  hide(given);
  const bool may_be_told = input.find(secret) != input.npos;
  std::size_t understood = 0;
  bool fits_strictly = false;
  for (const Dialect dialect : {Dialect::strict, Dialect::lenient}) {
    const auto faults = Schema::check(described, dialect);
    check(faults.size() <= 16, "no more faults than a person reads");
    for (const auto& fault : faults)
      check_fault(fault, described);
    const auto parsed = Schema::parse(described, dialect);
    const auto* const sound = std::get_if<Schema>(&parsed);
    check((sound != nullptr) == faults.empty(), "what has no fault is a schema", input);
    if (!sound) continue;
    ++understood;
    check_sound(*sound, dialect);
    if (!given.is_object()) continue;
    const bool good = fits(*sound, given.get_object(), may_be_told);
    if (dialect == Dialect::strict) fits_strictly = good;
    check(good || !fits_strictly, "what fits strictly fits leniently", input);
  }
  check(understood != 1 || Schema::check(described, Dialect::lenient).empty(),
        "what is sound strictly is sound leniently", input);
  return 0;
}
