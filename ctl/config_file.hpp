// The user's configuration file, as the verbs find and change it. Blocks; throws Problem.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/config/edit.hpp"

namespace gv::ctl {

// Where the user's own configuration is, or will be. what: for error lines.
std::string user_file(const char* what);

// The configuration in force, ready to be changed in the user's own file: where that does not exist
// yet, it begins as what is in force now, the system's file or nothing.
struct ConfigFile {
  std::string path;
  std::string text;
  unsigned mode = 0600;
  std::string copied_from;  // the system's file; empty: it is not new, or begins empty
  config::Config config;
};
ConfigFile read_config(const char* what);

// The text of `file` with these changes, which make its configuration `wanted`. Writes nothing.
std::string changed(const ConfigFile& file, const std::vector<config::Change>& changes,
                    const config::Config& wanted, const char* what);
// Where it cannot be written: done, what has been done already, for the error line; advice, what to
// do about it.
void write_config(const ConfigFile& file, const std::string& text, const char* what,
                  const std::string& done = {},
                  const std::string& advice = "chmod u+w, or GEMINI_VOICE_CONFIG=FILE");

}  // namespace gv::ctl
