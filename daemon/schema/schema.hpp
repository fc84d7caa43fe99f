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
};

enum class Dialect {
  strict,   // our own configuration: what is not understood is a mistake
  lenient,  // somebody else's (an MCP server): what is not understood is not checked
};

class Schema {
 public:
  // Takes no arguments.
  Schema() = default;

  // The root must describe an object. Bounded: nesting, size and count of what it describes.
  static std::variant<Schema, Fault> parse(const boost::json::value& schema, Dialect dialect);

  // Why these arguments do not fit, in words that tell a model how to do better; they hold no
  // argument's value. nullopt: they fit.
  std::optional<std::string> mismatch(const boost::json::object& arguments) const;

  // As it is told to the service (parametersJsonSchema); empty where it takes no arguments.
  const std::string& json() const { return json_; }
  // Of the parameters, in the order of the schema.
  std::vector<std::string> names() const;
  bool requires_parameter(std::string_view name) const;

  bool operator==(const Schema& other) const { return json_ == other.json_; }

 private:
  std::string json_;
  boost::json::value root_;
};

}  // namespace gv::schema
