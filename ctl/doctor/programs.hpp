// The programs that the configuration names, and those that belong to us. Judging is pure.
#pragma once

#include <string>
#include <vector>

#include "ctl/finding.hpp"
#include "daemon/config/config.hpp"

namespace gv::ctl {

struct NamedProgram {
  std::string key;      // of the configuration, "tools.commands.volume"; empty: one of ours
  std::string program;  // as it is written there; of ours: the full path
  bool found = false;
};

// Every one that the configuration runs, not looked for yet.
std::vector<NamedProgram> named_programs(const config::Config& config);

// path: $PATH. A name with a slash in it is looked for where it says.
bool can_run(const std::string& program, const std::string& path);

Findings judge_programs(const std::vector<NamedProgram>& programs);

}  // namespace gv::ctl
