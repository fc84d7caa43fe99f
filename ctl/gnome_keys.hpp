// GNOME's custom shortcuts, as `gsettings get` prints them and `gsettings set` takes them: what is
// there, and what to set for one more. Pure.
#pragma once

#include <array>
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

// Those of the desktop itself; not every installation has all of them.
inline constexpr std::array<const char*, 5> own_schemas{
    list_schema, "org.gnome.desktop.wm.keybindings", "org.gnome.shell.keybindings",
    "org.gnome.mutter.keybindings", "org.gnome.mutter.wayland.keybindings"};
// What such a schema binds the key to, by its name there; empty: nothing. text: what `gsettings
// list-recursively` prints of the schema.
std::string own_binding(std::string_view text, const Key& key);

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
