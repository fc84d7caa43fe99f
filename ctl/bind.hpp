// Binding a hotkey on the desktop that runs: for the verbs `bind` and `setup`. Blocks while it asks
// the desktop's own programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/hotkeys.hpp"

namespace gv::ctl {

// As the variables of this process tell.
std::optional<Desktop> running_desktop();
// For this very program.
Recipe recipe_for_us(Desktop desktop, Hotkey hotkey, const Key& key);

// What has to be run so that the desktop has the binding: a command line each, as lists.
struct Application {
  std::vector<std::vector<std::string>> commands;  // none: it is bound already
};
// Whether there is a safe way at all: nowhere are files changed that are the user's own.
bool can_apply(Desktop desktop);
// Asks the desktop what is bound, and changes nothing. Throws Problem: no safe way, the key is
// taken, the desktop's programs are missing or say what is not understood.
Application prepare(const Recipe& recipe);
// Runs them in turn, and looks whether it came out. Throws Problem.
void apply(const Recipe& recipe, const Application& application);

}  // namespace gv::ctl
