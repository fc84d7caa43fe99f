// How each desktop binds a key to a command: which it is, how it writes a key, what to write where
// (users.md (d)). The one place that knows; `bind` and `setup` print it, README.md points to them.
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "daemon/config/paths.hpp"

namespace gv::ctl {

enum class Desktop { gnome, kde, sway, hyprland, i3, xfce, niri, river };
std::span<const Desktop> desktops();
std::string_view name_of(Desktop desktop);   // "gnome", as the command line takes it
std::string_view title_of(Desktop desktop);  // "GNOME"
std::optional<Desktop> desktop_named(std::string_view name);
// The one that runs, as its variables tell; nullopt: none that is known here.
std::optional<Desktop> find_desktop(const config::Environment& environment);

struct Key {
  bool super = false;
  bool control = false;
  bool alt = false;
  bool shift = false;
  std::string name;  // of xkbcommon, without XKB_KEY_; letters in lower case
  bool operator==(const Key&) const = default;
};
// "Super+G", "Ctrl+Alt+space", "F9"; as GTK writes it, too: "<Super>g". nullopt: it is no key.
std::optional<Key> parse_key(std::string_view text);
std::string render(const Key& key);           // "Super+G"
std::string gtk_accelerator(const Key& key);  // "<Super>g": GNOME's and Xfce's

enum class Hotkey { toggle, talk };
std::string_view name_of(Hotkey hotkey);
Key default_key(Hotkey hotkey);

struct Recipe {
  struct Step {
    std::string where;               // a file, or a page of the settings
    std::vector<std::string> lines;  // what to write there
  };
  Desktop desktop;
  Hotkey hotkey;
  Key key;
  std::string command;  // of the press alone, for a shell
  // The desktop tells of releases as well, and the steps use them.
  bool releases = false;
  std::vector<Step> steps;  // where there are more of them, one of them: each says for whom
  std::vector<std::string> notes;
};
// program: of gemini-voicectl, as its commands name it.
Recipe recipe(Desktop desktop, Hotkey hotkey, const Key& key, const std::string& program);
std::string render(const Recipe& recipe);
boost::json::object to_json(const Recipe& recipe);

// How a hotkey's command names the program at `path` (absolute): its name alone where every
// desktop finds it.
std::string program_for_hotkeys(const std::string& path);

}  // namespace gv::ctl
