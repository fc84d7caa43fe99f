#include "ctl/config_file.hpp"

#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "ctl/problem.hpp"
#include "daemon/config/document.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/config/read_file.hpp"
#include "daemon/config/replace_file.hpp"

namespace gv::ctl {

std::string user_file(const char* what) {
  auto path = config::user_config_file(std::nullopt, config::process_environment());
  if (!path) {
    throw Problem(Exit::failed, what, "there is no place for a configuration file",
                  "with HOME or GEMINI_VOICE_CONFIG set");
  }
  return *path;
}

ConfigFile read_config(const char* what) {
  ConfigFile file;
  file.path = user_file(what);
  const auto in_force = config::find_config_file(std::nullopt, config::process_environment());
  if (!in_force) return file;
  auto read = config::read_regular_file(*in_force, config::largest_file);
  if (const auto* error = std::get_if<config::FileError>(&read)) {
    // $GEMINI_VOICE_CONFIG may name one that is still to be made.
    if (error->code == ENOENT && *in_force == file.path) return file;
    throw Problem(Exit::config_invalid, what, *in_force + " cannot be read: " + error->message,
                  "gemini-voicectl config check");
  }
  auto& content = std::get<config::FileText>(read);
  file.text = std::move(content.text);
  if (*in_force == file.path) {
    file.mode = content.mode;
  } else {
    file.copied_from = *in_force;
  }
  config::Result loaded = config::load(file.text, *in_force);
  if (!loaded.ok()) {
    throw Problem(Exit::config_invalid, what, *in_force + " has mistakes, so nothing was changed",
                  "gemini-voicectl config check");
  }
  file.config = std::move(loaded.config);
  return file;
}

std::string changed(const ConfigFile& file, const std::vector<config::Change>& changes,
                    const config::Config& wanted, const char* what) {
  auto edited = config::edit(file.text, file.path, changes, wanted);
  if (auto* failure = std::get_if<Failure>(&edited))
    throw Problem(Exit::config_invalid, what, failure->message);
  return std::move(std::get<std::string>(edited));
}

void write_config(const ConfigFile& file, const std::string& text, const char* what,
                  const std::string& done, const std::string& advice) {
  try {
    config::replace_file(file.path, text, file.mode);
  } catch (const std::system_error& e) {
    throw Problem(
        Exit::failed, what,
        file.path + " cannot be written: " + e.code().message() + (done.empty() ? "" : "; " + done),
        advice);
  }
}

}  // namespace gv::ctl
