// From a command of the configuration and what the model gives for its parameters to what is run.
// Pure; no shell anywhere.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <boost/json.hpp>

#include "daemon/config/config.hpp"

namespace gv::tools {

// Why a call cannot be done, in words for the model.
struct Refusal {
  std::string why;
};

struct Expanded {
  std::vector<std::string> argv;
  std::string input;  // its standard input
  bool operator==(const Expanded&) const = default;
};

// argv and input with {parameter} replaced by its value and {{, }} by { and }. Numbers are written
// without exponent, booleans as true and false, objects as JSON. An argument that is just
// {parameter} of an array becomes one argument an element; one with a parameter that was not given
// is left out. In the input such a parameter leaves nothing behind.
//
// No value may become an option: where one begins an argument and begins with '-' the call is
// refused, unless a literal "--" stands before it in argv: the second one where argv begins with a
// launcher (env, systemd-run, …), whose own options the first one ends.
std::variant<Expanded, Refusal> expand(const config::CommandTool& tool,
                                       const boost::json::object& arguments);

// What will run, for the user.
std::string shown(const Expanded& command);

}  // namespace gv::tools
