// The messages a client may send to the Live API, as data (live-api.md section 10). Read by the
// validator only. Pure constants.
#pragma once

#include <limits>
#include <span>
#include <string_view>

namespace gv::sim {

enum class Kind { string, boolean, int32, int64, number, bytes, enumeration, message, map, any };

enum class Support {
  yes,
  alpha_only,          // an unknown name unless the path says v1alpha
  unsupported_in_live  // parses, then "Request contains an invalid argument."
};

struct EnumType {
  std::string_view proto;
  std::span<const std::string_view> names;
};

struct MessageType;

struct Field {
  std::string_view name;  // snake_case; lowerCamelCase is accepted as well
  Kind kind = Kind::any;
  const MessageType* message = nullptr;  // Kind::message, and the values of Kind::map
  const EnumType* enumeration = nullptr;
  Support support = Support::yes;
  bool repeated = false;
  bool required = false;
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  const char* pattern = nullptr;  // of a string: ECMAScript, the whole value
};

struct MessageType {
  std::string_view proto;
  std::span<const Field> fields;
};

// One field per message kind: setup, client_content, realtime_input, tool_response, context_update.
extern const MessageType client_message;

}  // namespace gv::sim
