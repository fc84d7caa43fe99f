// What must hold between the keys of tools, and between tools and profiles. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/config/diagnostics.hpp"

namespace gv::config {

struct Finding {
  std::string about;  // dotted key; nothing is to be said where what stands there is wrong itself
  std::string key;    // where to say it
  std::size_t item = 0;  // of its list
  std::string message;
  Severity severity = Severity::error;
};

std::vector<Finding> check_tools(const Config& config);

}  // namespace gv::config
