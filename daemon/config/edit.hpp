// Changing single values in the text of a configuration file, with every other byte, comments
// above all, left as it is. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/util/error.hpp"

namespace gv::config {

struct Change {
  std::vector<std::string> path;  // {"api", "key_file"}
  std::string value;              // as YAML, on one line (as_scalar(), in dump.hpp)
};

// The text with these changes, which the loader has found good and to mean exactly `wanted`.
// Failure (config_invalid) where the text has mistakes, or is written in a way that is left to its
// owner: the message says what to write there by hand. file: its name, for messages.
std::variant<std::string, Failure> edit(std::string_view text, const std::string& file,
                                        const std::vector<Change>& changes, const Config& wanted);

}  // namespace gv::config
