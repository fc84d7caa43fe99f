#include "daemon/config/json_schema.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/keys.hpp"

namespace gv::config {

namespace json = boost::json;

namespace {

json::object mapping() {
  return {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
}

// Where `path` belongs, below `root`; mappings on the way are made.
json::value& place(json::object& root, std::string_view path) {
  json::object* at = &root;
  for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
    json::value& inner = at->at("properties").as_object()[path.substr(0, dot)];
    if (inner.is_null()) inner = mapping();
    at = &inner.as_object();
    path.remove_prefix(dot + 1);
  }
  return at->at("properties").as_object()[path];
}

template <class T>
json::object mapping_of(const std::vector<Key<T>>& keys) {
  json::object all = mapping();
  for (const Key<T>& key : keys)
    place(all, key.path) = key.json;
  return all;
}

// NAME: what the keys say. Nothing at all below it is no mistake.
template <class T>
json::object table_of(const std::vector<Key<T>>& keys, std::string_view names) {
  return {{"type", {"object", "null"}},
          {"propertyNames", {{"pattern", names}}},
          {"additionalProperties", mapping_of(keys)}};
}

constexpr std::string_view names = "^[A-Za-z0-9_-]{1,64}$";
constexpr std::string_view function_names = "^[A-Za-z_][A-Za-z0-9_-]*$";

}  // namespace

json::object json_schema() {
  json::object root = mapping_of(config_keys());
  place(root, "profiles") = table_of(profile_keys(), names);
  place(root, "tools.commands") = table_of(command_keys(), function_names);
  place(root, "tools.mcp_servers") = table_of(server_keys(), function_names);
  place(root, "usage.prices") = table_of(price_keys(), names);
  root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  root["title"] = "gemini-voiced";
  root["type"] = json::array{"object", "null"};
  return root;
}

}  // namespace gv::config
