// The part of JSON Schema that describes the arguments of a tool: read, checked, and held against
// what a model gives. Pure; any thread. Used by the configuration (commands) and by the MCP client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json.hpp>

namespace gv::schema {

// What is wrong with a schema. at: a JSON pointer (RFC 6901) into it; empty: the whole.
struct Fault {
  std::string at;
  std::string message;
  bool of_name = false;  // the last member of `at` should not be there, whatever its value
};

enum class Dialect {
  strict,   // our own configuration: what is not understood is a mistake
  lenient,  // somebody else's (an MCP server): what is not understood is not checked
};

// Of a schema; a configuration nests no deeper when it is shown (config::deepest_nesting).
constexpr std::size_t deepest = 24;        // objects and lists in each other
constexpr std::size_t most_values = 2048;  // values in it, keys not counted
constexpr std::size_t largest = 32'768;    // bytes, as JSON
constexpr std::size_t most_choices = 256;  // of one enum

class Schema {
 public:
  // Takes no arguments.
  Schema() = default;

  // The root must describe an object. Bounded as above. A Fault is the first one of check().
  static std::variant<Schema, Fault> parse(const boost::json::value& schema, Dialect dialect);

  // All that is wrong with it, but no more than a person reads; empty: parse() takes it.
  static std::vector<Fault> check(const boost::json::value& schema, Dialect dialect);

  // Why these arguments do not fit, in words that tell a model how to do better; they hold no
  // argument's value, and are one line of at most 1000 bytes. nullopt: they fit. In the strict
  // dialect a parameter that is not described is refused (models invent them), in the lenient one
  // only where the schema says so, and what a pattern asks is not checked: its author's regular
  // expressions are not ours, and it will check them.
  std::optional<std::string> mismatch(const boost::json::object& arguments) const;

  // As it is told to the service (parametersJsonSchema); empty where it takes no arguments.
  const std::string& json() const { return json_; }
  // Of the parameters, in the order of the schema.
  std::vector<std::string> names() const;
  bool requires_parameter(std::string_view name) const;

  bool operator==(const Schema& other) const { return json_ == other.json_; }

 private:
  std::string json_;
  boost::json::value root_ = boost::json::object{};
  Dialect dialect_ = Dialect::strict;
};

}  // namespace gv::schema
