#include "ctl/doctor/programs.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace gv::ctl {
namespace {

bool is_program(const std::string& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::vector<NamedProgram> named_programs(const config::Config& config) {
  std::vector<NamedProgram> programs;
  const auto add = [&programs](const std::string& key, const std::vector<std::string>& argv) {
    if (!argv.empty()) programs.push_back({key, argv.front()});
  };
  add("api.key_command", config.api.key_command);
  for (const auto& [name, tool] : config.tools.commands)
    add("tools.commands." + name, tool.child.argv);
  for (const auto& [name, server] : config.tools.mcp_servers)
    add("tools.mcp_servers." + name, server.child.argv);
  for (std::size_t i = 0; i < config::hook_names.size(); ++i)
    add("hooks." + std::string(config::hook_names[i]), config.hooks.argv[i]);
  return programs;
}

bool can_run(const std::string& program, const std::string& path) {
  if (program.empty()) return false;
  if (program.find('/') != std::string::npos) return is_program(program);
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin && is_program(path.substr(begin, end - begin) + '/' + program)) return true;
    begin = end + 1;
  }
  return false;
}

Findings judge_programs(const std::vector<NamedProgram>& programs) {
  std::size_t named = 0;
  std::size_t ours = 0;
  Findings missing;
  for (const NamedProgram& one : programs) {
    const bool own = one.key.empty();
    (own ? ours : named) += 1;
    if (one.found) continue;
    boost::json::object values{{"key", one.key}, {"program", one.program}};
    if (own) {
      missing.push_back({"programs", Verdict::bad, one.program + " is missing, or cannot be run",
                         "to install gemini-voice anew", values});
    } else {
      const bool placed = one.program.find('/') != std::string::npos;
      missing.push_back(
          {"tools", Verdict::doubtful,
           one.key + ": there is no program '" + one.program + "'" + (placed ? "" : " in $PATH"),
           placed ? "to install it, or to correct its path"
                  : "to install it, or its full path: the daemon's $PATH may be another one",
           values});
    }
  }
  const auto none_missing = [&missing](const char* about) {
    for (const Finding& finding : missing) {
      if (finding.about == about) return false;
    }
    return true;
  };
  Findings findings;
  if (none_missing("programs")) {
    findings.push_back({"programs",
                        Verdict::good,
                        "all " + std::to_string(ours) + " of gemini-voice's own are there",
                        "",
                        {{"count", ours}}});
  }
  if (none_missing("tools")) {
    findings.push_back(
        {"tools",
         Verdict::good,
         named == 0 ? std::string("the configuration runs no program")
                    : "all programs of the configuration are there: " + std::to_string(named),
         "",
         {{"count", named}}});
  }
  findings.insert(findings.end(), missing.begin(), missing.end());
  return findings;
}

}  // namespace gv::ctl
