#include "daemon/config/paths.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

namespace gv::config {
namespace {

constexpr std::string_view file_name = "/gemini-voiced/config.yaml";

// An empty variable counts as unset; so does a relative folder (XDG Base Directory Specification).
std::optional<std::string> folder(const Environment& environment, const char* name) {
  auto value = environment(name);
  if (!value || value->empty() || value->front() != '/') return std::nullopt;
  return value;
}

std::optional<std::string> named(const std::optional<std::string>& option,
                                 const Environment& environment) {
  if (option) return option;
  auto variable = environment("GEMINI_VOICE_CONFIG");
  if (variable && !variable->empty()) return variable;
  return std::nullopt;
}

std::optional<std::string> user_file(const Environment& environment) {
  if (const auto config_home = folder(environment, "XDG_CONFIG_HOME")) {
    return *config_home + std::string(file_name);
  }
  if (const auto home = folder(environment, "HOME")) {
    return *home + "/.config" + std::string(file_name);
  }
  return std::nullopt;
}

// A file that is there but out of reach counts, so that loading it tells why.
bool exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::vector<std::string> process_variables() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

std::optional<std::string> find_config_file(const std::optional<std::string>& option,
                                            const Environment& environment) {
  if (auto file = named(option, environment)) return file;
  if (auto file = user_file(environment); file && exists(*file)) return file;
  auto variable = environment("XDG_CONFIG_DIRS");
  const std::string folders = variable && !variable->empty() ? *variable : "/etc/xdg";
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t colon = std::min(folders.find(':', at), folders.size());
    const std::string one = folders.substr(at, colon - at);
    at = colon + 1;
    if (one.empty() || one.front() != '/') continue;
    if (std::string file = one + std::string(file_name); exists(file)) return file;
  }
  return std::nullopt;
}

std::optional<std::string> user_config_file(const std::optional<std::string>& option,
                                            const Environment& environment) {
  if (auto file = named(option, environment)) return file;
  return user_file(environment);
}

std::string state_folder(const Environment& environment) {
  if (const auto state = folder(environment, "XDG_STATE_HOME")) return *state + "/gemini-voiced";
  if (const auto home = folder(environment, "HOME")) return *home + "/.local/state/gemini-voiced";
  return "";
}

std::string expand_home(std::string_view path, const Environment& environment) {
  const auto home = folder(environment, "HOME");
  if (!home || !path.starts_with("~/")) return std::string(path);
  return *home + std::string(path.substr(1));
}

}  // namespace gv::config
