#include <algorithm>
#include <array>
#include <utility>

#include "ctl/hotkeys.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {
namespace {

using Lines = std::vector<std::string>;

// The modifiers as a desktop names them, each with `after` behind it.
struct ModifierNames {
  std::string_view super;
  std::string_view control;
  std::string_view alt;
  std::string_view shift;
};
std::string modifiers(const Key& key, const ModifierNames& as, std::string_view after) {
  std::string text;
  const auto add = [&](bool pressed, std::string_view name) {
    if (pressed) text.append(name).append(after);
  };
  add(key.super, as.super);
  add(key.control, as.control);
  add(key.alt, as.alt);
  add(key.shift, as.shift);
  return text;
}

std::string without_end(const std::string& text, std::size_t count) {
  return text.substr(0, text.size() - std::min(text.size(), count));
}

// "g" as "G": as most desktops show a key's name.
std::string shown(const Key& key) {
  return render(Key{.name = key.name});
}

std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// What the key does, in commands for a shell.
struct Commands {
  std::string press;
  std::string release;  // empty: nothing
};
Commands commands(Hotkey hotkey, const std::string& program, bool releases) {
  const std::string word = shell_word(program);
  if (hotkey == Hotkey::toggle) return {word + " toggle", ""};
  if (!releases) return {word + " talk toggle", ""};
  return {word + " talk press", word + " talk release"};
}

Lines bindsym(const Key& key, const Commands& does, std::string_view press_flags,
              std::string_view exec) {
  const std::string sym =
      modifiers(key, {"Mod4", "Ctrl", "Mod1", "Shift"}, "+") + key.name + ' ' + std::string(exec);
  Lines lines{"bindsym " + std::string(press_flags) + sym + ' ' + does.press};
  if (!does.release.empty()) lines.push_back("bindsym --release " + sym + ' ' + does.release);
  return lines;
}

// t: transparent, so that press and release find each other, whatever else is bound.
std::vector<Recipe::Step> hyprland(const Key& key, const Commands& does) {
  const bool held = !does.release.empty();
  const ModifierNames names{"SUPER", "CTRL", "ALT", "SHIFT"};
  const std::string old_key =
      without_end(modifiers(key, names, " "), 1) + ", " + shown(key) + ", exec, ";
  const std::string new_key = in_double_quotes(modifiers(key, names, " + ") + shown(key));
  const auto bind = [&new_key](const std::string& command, std::string_view options) {
    return "hl.bind(" + new_key + ", hl.dsp.exec_cmd(" + in_double_quotes(command) + ")" +
           std::string(options) + ")";
  };
  Lines before{(held ? "bindt = " : "bind = ") + old_key + does.press};
  Lines since{bind(does.press, held ? ", { transparent = true }" : "")};
  if (held) {
    before.push_back("bindrt = " + old_key + does.release);
    since.push_back(bind(does.release, ", { release = true, transparent = true }"));
  }
  return {{"~/.config/hypr/hyprland.lua (Hyprland 0.55 or later)", std::move(since)},
          {"~/.config/hypr/hyprland.conf (earlier ones)", std::move(before)}};
}

Lines niri(const Key& key, const std::string& program, Hotkey hotkey) {
  std::string line = render(key) + " repeat=false { spawn " + in_double_quotes(program);
  if (hotkey == Hotkey::talk) line += " \"talk\"";
  return {line + " \"toggle\"; }"};
}

Lines river(const Key& key, const Commands& does) {
  std::string held = without_end(modifiers(key, {"Super", "Control", "Alt", "Shift"}, "+"), 1);
  if (held.empty()) held = "None";
  const std::string where = "normal " + held + ' ' + shown(key) + " spawn ";
  const auto spawn = [](const std::string& command) {
    std::string quoted = "'";
    for (const char c : command)
      quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + '\'';
  };
  Lines lines{"riverctl map " + where + spawn(does.press)};
  if (!does.release.empty())
    lines.push_back("riverctl map -release " + where + spawn(does.release));
  return lines;
}

void add_notes(Recipe& made) {
  if (made.desktop == Desktop::gnome || made.desktop == Desktop::xfce) {
    made.notes.emplace_back(std::string("Or let it be done: gemini-voicectl bind ") +
                            (made.hotkey == Hotkey::talk ? "--talk --apply" : "--apply"));
  }
  if (made.hotkey == Hotkey::toggle) return;
  if (!made.releases) {
    made.notes.emplace_back(
        "This desktop tells commands of presses alone: tap the key to talk, and tap it again.");
  } else if (made.key.super || made.key.control || made.key.alt || made.key.shift) {
    made.notes.emplace_back(
        "Let go of " + shown(made.key) +
        " before the modifier, or bind a key without one (F9, say): a release without its "
        "modifier may be lost.");
  }
  if (made.desktop == Desktop::kde || made.desktop == Desktop::gnome) {
    made.notes.emplace_back(
        "To hold the key while you talk, let the desktop's portal bind it (" +
        std::string(made.desktop == Desktop::gnome ? "GNOME 48 or later" : "Plasma 6") +
        "): shortcuts.portal: true in the configuration, then gemini-voicectl reload.");
  }
}

}  // namespace

Recipe recipe(Desktop desktop, Hotkey hotkey, const Key& key, const std::string& program) {
  const bool tells_releases = desktop == Desktop::sway || desktop == Desktop::hyprland ||
                              desktop == Desktop::i3 || desktop == Desktop::river;
  const Commands does = commands(hotkey, program, tells_releases);
  Recipe made{desktop, hotkey, key, does.press, !does.release.empty(), {}, {}};
  switch (desktop) {
    case Desktop::gnome:
      made.steps = {{"Settings, Keyboard, View and Customise Shortcuts, Custom Shortcuts, +",
                     {"Name: Gemini voice", "Command: " + does.press, "Shortcut: " + render(key)}}};
      break;
    case Desktop::kde:
      made.steps = {
          {"System Settings, Keyboard, Shortcuts, Add New, Command or Script",
           {"Command: " + does.press,
            "Shortcut: " + modifiers(key, {"Meta", "Ctrl", "Alt", "Shift"}, "+") + shown(key)}}};
      break;
    case Desktop::sway:
      made.steps = {{"~/.config/sway/config, or a file of its own in a folder that it includes",
                     bindsym(key, does, "--no-repeat ", "exec")}};
      break;
    case Desktop::hyprland:
      made.steps = hyprland(key, does);
      break;
    case Desktop::i3:
      made.steps = {{"~/.config/i3/config, or a file of its own that it includes",
                     bindsym(key, does, "", "exec --no-startup-id")}};
      break;
    case Desktop::xfce:
      made.steps = {{"a terminal, or Settings, Keyboard, Application Shortcuts",
                     {"xfconf-query -c xfce4-keyboard-shortcuts -p '/commands/custom/" +
                      gtk_accelerator(key) + "' -n -t string -s " + shell_word(does.press)}}};
      break;
    case Desktop::niri:
      made.steps = {{"~/.config/niri/config.kdl, inside binds { }", niri(key, program, hotkey)}};
      break;
    case Desktop::river:
      made.steps = {{"~/.config/river/init (River up to 0.3, river-classic)", river(key, does)}};
      break;
  }
  add_notes(made);
  return made;
}

std::string render(const Recipe& recipe) {
  const bool talks = recipe.hotkey == Hotkey::talk;
  std::string text = std::string(title_of(recipe.desktop)) + ": " + render(recipe.key) +
                     (talks ? " to talk" : " to start and stop") + '\n';
  for (const Recipe::Step& step : recipe.steps) {
    text += "  In " + step.where + ":\n";
    for (const std::string& line : step.lines)
      text += "    " + line + '\n';
  }
  for (const std::string& note : recipe.notes)
    text += "  " + note + '\n';
  return text;
}

boost::json::object to_json(const Recipe& recipe) {
  boost::json::array steps;
  for (const Recipe::Step& step : recipe.steps) {
    steps.push_back({{"where", step.where},
                     {"lines", boost::json::array(step.lines.begin(), step.lines.end())}});
  }
  return {{"desktop", name_of(recipe.desktop)},
          {"hotkey", name_of(recipe.hotkey)},
          {"key", render(recipe.key)},
          {"command", recipe.command},
          {"releases", recipe.releases},
          {"steps", std::move(steps)},
          {"notes", boost::json::array(recipe.notes.begin(), recipe.notes.end())}};
}

std::string program_for_hotkeys(const std::string& path) {
  constexpr std::array<std::string_view, 3> found_everywhere{"/usr/local/bin", "/usr/bin", "/bin"};
  const std::size_t slash = path.rfind('/');
  const std::string folder = path.substr(0, slash == path.npos ? 0 : slash);
  return std::ranges::find(found_everywhere, folder) == found_everywhere.end()
             ? path
             : path.substr(slash + 1);
}

}  // namespace gv::ctl
