#include "ctl/values.hpp"

#include <cctype>
#include <cstdint>
#include <vector>

namespace gv::ctl {

namespace json = boost::json;

std::string snake_case(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isupper(u) != 0 && !result.empty()) result += '_';
    result += static_cast<char>(std::tolower(u));
  }
  return result;
}

json::value to_json(const sdbus::Variant& value) {
  const std::string type(value.peekValueType());
  if (type == "b") return value.get<bool>();
  if (type == "y") return value.get<std::uint8_t>();
  if (type == "n") return value.get<std::int16_t>();
  if (type == "q") return value.get<std::uint16_t>();
  if (type == "i") return value.get<std::int32_t>();
  if (type == "u") return value.get<std::uint32_t>();
  if (type == "x") return value.get<std::int64_t>();
  if (type == "t") return value.get<std::uint64_t>();
  if (type == "d") return value.get<double>();
  if (type == "s") return json::string(value.get<std::string>());
  if (type == "(ss)") {  // LastError
    const auto pair = value.get<sdbus::Struct<std::string, std::string>>();
    return json::object{{"name", pair.get<0>()}, {"message", pair.get<1>()}};
  }
  if (type == "a(ss)") {  // the sources of an answer
    json::array sources;
    for (const auto& pair : value.get<std::vector<sdbus::Struct<std::string, std::string>>>())
      sources.push_back(json::object{{"address", pair.get<0>()}, {"title", pair.get<1>()}});
    return sources;
  }
  return nullptr;  // of a later version: older programs ignore it
}

json::object to_json(const Dict& dict) {
  json::object object;
  for (const auto& [name, value] : dict)
    object[snake_case(name)] = to_json(value);
  return object;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return {};
  if (const json::string* text = found->if_string()) return std::string(*text);
  return json::serialize(*found);
}

}  // namespace gv::ctl
