// What of the daemon's environment a program gets that it runs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gv::tools {

// The value of a variable in a list of NAME=value; empty where there is none.
std::string_view value_of(const std::vector<std::string>& environment, std::string_view name);

// Of `ours` (NAME=value): where programs are, who the user is, their language and time, and what
// `allowed` names (NAME), or sets (NAME=value). Never what is the daemon's own business: its API
// key, its credentials, its notices to the service manager.
std::vector<std::string> child_environment(const std::vector<std::string>& ours,
                                           const std::vector<std::string>& allowed);

// For a program of the user's own, which is given no words of the conversation and no model's
// arguments: all of `ours` but what is the daemon's own business, and `added` over it.
std::vector<std::string> hook_environment(const std::vector<std::string>& ours,
                                          const std::vector<std::string>& added);

}  // namespace gv::tools
