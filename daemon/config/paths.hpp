// Where the configuration file and the state are. Pure but for asking whether a file is there; any
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv::config {

// Looks a variable up; unset is nullopt. Tests pass their own.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();
// All of it, NAME=value, as programs are given theirs.
std::vector<std::string> process_variables();

// option: the value of --config, if given. What --config or $GEMINI_VOICE_CONFIG name is the answer
// even where it does not exist (loading it then says so); otherwise the first that exists of
// $XDG_CONFIG_HOME/gemini-voiced/config.yaml and the same in each of $XDG_CONFIG_DIRS. nullopt:
// there is none, the built-in defaults hold.
std::optional<std::string> find_config_file(const std::optional<std::string>& option,
                                            const Environment& environment);

// Where `config init` writes: what --config or $GEMINI_VOICE_CONFIG name, else the user's own
// place. nullopt: no $HOME to put it below.
std::optional<std::string> user_config_file(const std::optional<std::string>& option,
                                            const Environment& environment);

// Where state is kept: $XDG_STATE_HOME/gemini-voiced, else ~/.local/state/gemini-voiced; empty:
// there is no home for it.
std::string state_folder(const Environment& environment);

// "~/x" below $HOME; anything else, and everything without $HOME, unchanged.
std::string expand_home(std::string_view path, const Environment& environment);

}  // namespace gv::config
