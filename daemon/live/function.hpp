// A function that the model may call, as the service is told of it, and the answer to a call
// (live-api.md sections 2.1.3, 2.4). Pure values.
#pragma once

#include <optional>
#include <string>

#include "daemon/config/config.hpp"

namespace gv::live {

struct Function {
  std::string name;  // [A-Za-z_][A-Za-z0-9_-]{0,62}
  std::string description;
  std::string parameters;  // JSON Schema, as JSON; empty: it takes none
  bool blocking = false;   // wished for: some models know only one of both
  config::Scheduling scheduling = config::Scheduling::when_idle;  // of the answer; not blocking
  bool operator==(const Function&) const = default;
};

struct FunctionAnswer {
  std::string id;
  std::string name;
  std::string response;  // a JSON object, with the key "output" or "error"
  std::optional<config::Scheduling> scheduling;
};

}  // namespace gv::live
