// GNOME's custom shortcuts, as `gsettings get` prints them and `gsettings set` takes them: what is
// there, and what to set for one more. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ctl/hotkeys.hpp"

namespace gv::ctl::gnome {

inline constexpr const char* list_schema = "org.gnome.settings-daemon.plugins.media-keys";
inline constexpr const char* list_key = "custom-keybindings";
std::string item_schema(const std::string& path);  // with its path, as gsettings names it

// GVariant text (a string; a list of strings). nullopt: it is none, and nothing may be written
// over it.
std::optional<std::string> parse_string(std::string_view text);
std::optional<std::vector<std::string>> parse_list(std::string_view text);
std::string print_string(std::string_view text);
std::string print_list(const std::vector<std::string>& items);

struct Shortcut {
  std::string path;  // where the settings keep it
  std::string name;
  std::string command;
  std::string binding;
};

// gsettings set SCHEMA KEY VALUE
struct Setting {
  std::string schema;
  std::string key;
  std::string value;
};
struct Taken {
  Shortcut by;
};
// What binds the recipe's key, in the order in which it is to be set: what is complete goes into
// the list, and all that is in the list stays there. Empty: it is bound already. A command that has
// another key gets this one instead. Taken: the key is another command's.
std::variant<std::vector<Setting>, Taken> plan(const std::vector<std::string>& list,
                                               const std::vector<Shortcut>& shortcuts,
                                               const Recipe& recipe);

}  // namespace gv::ctl::gnome
