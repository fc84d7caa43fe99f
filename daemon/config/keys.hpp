// The one description of every key of the configuration: its place, its kind, and where its value
// lives. The loader, `config show`, Reload and the tests of the example all walk these tables.
// Pure; any thread. Built at first use, alive until exit.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/config/kinds.hpp"

namespace gv::config {

template <class T>
struct Key {
  std::string path;  // dotted, relative to T
  std::function<Problems(T&, const Input&)> set;
  std::function<Input(const T&)> get;
  std::string no_effect;  // not empty: the warning for any value but T{}'s
  // Not empty: the value is a mapping that describes parameters (schema_reader.hpp) instead; there
  // is no set, and get gives its JSON.
  std::function<schema::Schema&(T&)> schema;
  boost::json::object json;  // the value's JSON Schema, see Kind
};

// at: the value in an object, as a reference.
template <class T, class At, class V>
Key<T> key(std::string path, At at, Kind<V> kind) {
  return {
      std::move(path),
      [at, kind](T& object, const Input& input) { return kind.parse(input, at(object)); },
      [at, kind](const T& object) { return kind.print(at(object)); },
      {},
      {},
      kind.schema,
  };
}

const std::vector<Key<Config>>& config_keys();        // all but the tables below
const std::vector<Key<Profile>>& profile_keys();      // below profiles.NAME
const std::vector<Key<CommandTool>>& command_keys();  // below tools.commands.NAME
const std::vector<Key<McpServer>>& server_keys();     // below tools.mcp_servers.NAME
const std::vector<Key<Prices>>& price_keys();         // below usage.prices.NAME

// The mode `cancel` is a mistake where no canceller is built in: -Decho_cancellation=disabled.
Kind<Echo> echo_mode(bool cancellation_built_in);
// The warning for what its library does besides; empty: it is there.
std::string processing_without(bool cancellation_built_in);

// Dotted keys, with NAME for the names in tables, in the order of the tables.
std::vector<std::string> known_keys();

// Dotted keys whose values differ, those of tables as profiles.NAME.KEY (profiles.NAME where one
// came or went). For Reload.
std::vector<std::string> changed_keys(const Config& old_config, const Config& new_config);

}  // namespace gv::config
