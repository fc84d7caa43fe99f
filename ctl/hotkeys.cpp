#include "ctl/hotkeys.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace gv::ctl {
namespace {

struct Names {
  Desktop desktop;
  std::string_view name;  // in XDG_CURRENT_DESKTOP, too, but for the case
  std::string_view title;
  const char* variable;  // that it sets for what runs in it; nullptr: none
};
constexpr std::array<Names, 8> names{{
    {Desktop::niri, "niri", "niri", "NIRI_SOCKET"},
    {Desktop::hyprland, "hyprland", "Hyprland", "HYPRLAND_INSTANCE_SIGNATURE"},
    {Desktop::sway, "sway", "Sway", "SWAYSOCK"},
    {Desktop::i3, "i3", "i3", "I3SOCK"},
    {Desktop::gnome, "gnome", "GNOME", nullptr},
    {Desktop::kde, "kde", "KDE Plasma", nullptr},
    {Desktop::xfce, "xfce", "Xfce", nullptr},
    {Desktop::river, "river", "River", nullptr},
}};

const Names& names_of(Desktop desktop) {
  return *std::ranges::find(names, desktop, &Names::desktop);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Which modifier a word is; nullptr: none.
bool* modifier(Key& key, std::string_view word) {
  const std::string name = lower(word);
  if (name == "super" || name == "logo" || name == "meta" || name == "win" || name == "mod4") {
    return &key.super;
  }
  if (name == "ctrl" || name == "control" || name == "primary") return &key.control;
  if (name == "alt" || name == "mod1") return &key.alt;
  return name == "shift" ? &key.shift : nullptr;
}

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

}  // namespace

std::span<const Desktop> desktops() {
  static constexpr std::array<Desktop, 8> all{Desktop::gnome,    Desktop::kde,  Desktop::sway,
                                              Desktop::hyprland, Desktop::i3,   Desktop::xfce,
                                              Desktop::niri,     Desktop::river};
  return all;
}

std::string_view name_of(Desktop desktop) {
  return names_of(desktop).name;
}

std::string_view title_of(Desktop desktop) {
  return names_of(desktop).title;
}

std::optional<Desktop> desktop_named(std::string_view name) {
  const auto* const found = std::ranges::find(names, name, &Names::name);
  if (found == names.end()) return std::nullopt;
  return found->desktop;
}

std::optional<Desktop> find_desktop(const config::Environment& environment) {
  // The desktop's own word comes first: the variables also reach what outlives it.
  const std::string list = lower(environment("XDG_CURRENT_DESKTOP").value_or(""));
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    const std::string session = list.substr(at, end - at);
    for (const Names& known : names) {
      if (known.name == session) return known.desktop;
    }
    at = end + 1;
  }
  for (const Names& known : names) {
    if (known.variable != nullptr && !environment(known.variable).value_or("").empty()) {
      return known.desktop;
    }
  }
  return std::nullopt;
}

std::optional<Key> parse_key(std::string_view text) {
  Key key;
  while (text.starts_with('<')) {
    const std::size_t end = text.find('>');
    if (end == text.npos) return std::nullopt;
    bool* const pressed = modifier(key, text.substr(1, end - 1));
    if (pressed == nullptr) return std::nullopt;
    *pressed = true;
    text.remove_prefix(end + 1);
  }
  for (std::size_t plus = 0; (plus = text.find('+')) != text.npos;) {
    bool* const pressed = modifier(key, text.substr(0, plus));
    if (pressed == nullptr) return std::nullopt;
    *pressed = true;
    text.remove_prefix(plus + 1);
  }
  Key alone;
  if (!is_key_name(text) || modifier(alone, text) != nullptr) return std::nullopt;
  key.name = text.size() == 1 ? lower(text) : std::string(text);
  // F9 is written like this alone, and often not.
  if (text.size() <= 3 && text[0] == 'f' && text.size() > 1 &&
      text.find_first_not_of("0123456789", 1) == text.npos) {
    key.name[0] = 'F';
  }
  return key;
}

std::string render(const Key& key) {
  std::string text;
  if (key.super) text += "Super+";
  if (key.control) text += "Ctrl+";
  if (key.alt) text += "Alt+";
  if (key.shift) text += "Shift+";
  std::string name = key.name;
  if (name.size() == 1)
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return text + name;
}

std::string gtk_accelerator(const Key& key) {
  std::string text;
  // Xfce looks a key up by its text, and writes them in this order.
  if (key.shift) text += "<Shift>";
  if (key.control) text += "<Primary>";
  if (key.alt) text += "<Alt>";
  if (key.super) text += "<Super>";
  return text + key.name;
}

std::string_view name_of(Hotkey hotkey) {
  return hotkey == Hotkey::toggle ? "toggle" : "talk";
}

Key default_key(Hotkey hotkey) {
  // A key that is held has no modifiers: they may be let go of first.
  if (hotkey == Hotkey::talk) return {.name = "F9"};
  return {.super = true, .name = "g"};
}

}  // namespace gv::ctl
