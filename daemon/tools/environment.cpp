#include "daemon/tools/environment.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace gv::tools {
namespace {

constexpr std::array<std::string_view, 7> base{"PATH", "HOME", "USER",           "LOGNAME",
                                               "LANG", "TZ",   "XDG_RUNTIME_DIR"};
// systemd.exec(5), sd_notify(3), sd_listen_fds(3).
constexpr std::array<std::string_view, 6> own{"GEMINI_API_KEY",        "GOOGLE_API_KEY",
                                              "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
                                              "JOURNAL_STREAM",        "INVOCATION_ID"};

bool one_of(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_own(std::string_view name) {
  return one_of(own, name) || name.starts_with("WATCHDOG_") || name.starts_with("LISTEN_");
}

bool in_base(std::string_view name) {
  return one_of(base, name) || name.starts_with("LC_");
}

}  // namespace

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string_view variable : environment) {
    if (variable.starts_with(name) && variable.substr(name.size()).starts_with('=')) {
      return variable.substr(name.size() + 1);
    }
  }
  return {};
}

std::vector<std::string> child_environment(const std::vector<std::string>& ours,
                                           const std::vector<std::string>& allowed) {
  std::map<std::string, std::string> chosen{{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  for (const std::string& variable : ours) {
    const auto name = variable.substr(0, variable.find('='));
    if (name.size() == variable.size()) continue;
    if (in_base(name) || one_of(allowed, name)) chosen[name] = variable.substr(name.size() + 1);
  }
  for (const std::string& variable : allowed) {
    const auto at = variable.find('=');
    if (at != variable.npos) chosen[variable.substr(0, at)] = variable.substr(at + 1);
  }
  std::vector<std::string> result;
  for (const auto& [name, value] : chosen) {
    if (!is_own(name)) result.emplace_back(name).append("=").append(value);
  }
  return result;
}

std::vector<std::string> hook_environment(const std::vector<std::string>& ours,
                                          const std::vector<std::string>& added) {
  std::map<std::string, std::string> chosen;
  for (const auto* list : {&ours, &added}) {
    for (const std::string& variable : *list) {
      const auto at = variable.find('=');
      if (at != variable.npos) chosen[variable.substr(0, at)] = variable.substr(at + 1);
    }
  }
  std::vector<std::string> result;
  for (const auto& [name, value] : chosen) {
    if (!is_own(name)) result.emplace_back(name).append("=").append(value);
  }
  return result;
}

}  // namespace gv::tools
