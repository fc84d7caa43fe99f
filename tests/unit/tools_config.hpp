// What the tests of tools in the configuration have in common: the loader's words about a file.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "daemon/config/load.hpp"

namespace tools_config {

inline std::string said(const std::string& text) {
  return gv::config::format(gv::config::load(text, "f").diagnostics);
}

inline gv::config::Config good(const std::string& text) {
  const auto result = gv::config::load(text, "f");
  CHECK(gv::config::format(result.diagnostics) == "");
  return result.config;
}

// Lines of one command `x`, which is sound without them; they begin in line 6.
inline std::string command(const std::string& lines, const std::string& argv = "[say, \"{text}\"]",
                           const std::string& parameters = "{text: {type: string}}") {
  return "tools:\n  commands:\n    x:\n      description: Says\n      argv: " + argv + "\n" +
         lines + "      parameters: " + parameters + "\n";
}

inline std::string of_argv(const std::string& argv) {
  return said(command("", argv));
}

inline std::string of_parameters(const std::string& parameters) {
  return said(command("", "[say]", parameters));
}

// Lines of one server `s`, from line 4 on.
inline std::string of_server(const std::string& lines) {
  return said("tools:\n  mcp_servers:\n    s:\n" + lines);
}

inline std::string in_front(const std::string& place, const std::string& message) {
  return "f:" + place + ": tools." + message + "\n";
}

}  // namespace tools_config
