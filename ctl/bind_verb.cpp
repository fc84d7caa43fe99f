#include <string>
#include <vector>

#include "ctl/bind.hpp"
#include "ctl/output.hpp"
#include "ctl/problem.hpp"
#include "ctl/verbs.hpp"
#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

std::vector<std::string> desktop_names() {
  std::vector<std::string> names;
  for (const Desktop desktop : desktops())
    names.emplace_back(name_of(desktop));
  return names;
}

std::optional<Desktop> wanted_desktop(const Call& call) {
  if (!call.arguments.has("--desktop")) return running_desktop();
  const std::string name = call.arguments.value("--desktop");
  const auto desktop = desktop_named(name);
  if (!desktop) {
    throw Problem(
        Exit::usage, "bind",
        in_quotes(name) + " is no desktop that is known here" + did_you_mean(name, desktop_names()),
        "--desktop " + one_of(desktop_names()));
  }
  return desktop;
}

Key wanted_key(const Call& call, Hotkey hotkey) {
  if (!call.arguments.has("--key")) return default_key(hotkey);
  const std::string text = call.arguments.value("--key");
  const auto key = parse_key(text);
  if (!key) {
    throw Problem(Exit::usage, "bind", in_quotes(text) + " is no key",
                  "--key Super+G, --key Ctrl+Alt+space or --key F9");
  }
  return *key;
}

void show(const Recipe& recipe, bool as_json) {
  if (as_json) {
    print(to_json(recipe));
  } else {
    print_raw(render(recipe));
  }
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words)
    line += (line.empty() ? "" : " ") + (word.starts_with('-') ? word : shell_word(word));
  return line;
}

int apply_here(const Call& call, const Recipe& recipe) {
  const bool dry = call.arguments.has("--dry-run");
  const Application application = prepare(recipe);
  const bool changes = !application.commands.empty();
  if (!call.options.json) {
    const std::string what = render(recipe.key) + " for " + recipe.command + " on " +
                             std::string(title_of(recipe.desktop));
    print(!changes ? what + " is bound already."
          : dry    ? "To bind " + what + ", this would be run:"
                   : "To bind " + what + ", this is run:");
    for (const auto& command : application.commands)
      print("  " + command_line(command));
  }
  if (changes && !dry) apply(recipe, application);
  if (call.options.json) {
    json::array commands;
    for (const auto& command : application.commands)
      commands.push_back(json::array(command.begin(), command.end()));
    print(json::object{{"desktop", name_of(recipe.desktop)},
                       {"hotkey", name_of(recipe.hotkey)},
                       {"key", render(recipe.key)},
                       {"command", recipe.command},
                       {"commands", std::move(commands)},
                       {"changed", changes && !dry}});
  } else if (changes && !dry) {
    print("Done.");
  }
  return 0;
}

}  // namespace

int bind(const Call& call) {
  const auto desktop = wanted_desktop(call);
  const bool applies = call.arguments.has("--apply") || call.arguments.has("--dry-run");
  const bool one = applies || call.arguments.has("--key") || call.arguments.has("--talk");
  std::vector<Hotkey> hotkeys{Hotkey::toggle, Hotkey::talk};
  if (one) hotkeys = {call.arguments.has("--talk") ? Hotkey::talk : Hotkey::toggle};
  if (!desktop && applies) {
    throw Problem(Exit::failed, "bind", "which desktop runs cannot be told from here",
                  "--desktop " + one_of(desktop_names()));
  }
  if (applies) {
    return apply_here(call, recipe_for_us(*desktop, hotkeys[0], wanted_key(call, hotkeys[0])));
  }
  if (!desktop) {
    complain("gemini-voicectl: bind: which desktop runs cannot be told from here; these are known");
  }
  for (const Desktop each : desktops()) {
    if (desktop && *desktop != each) continue;
    for (const Hotkey hotkey : hotkeys)
      show(recipe_for_us(each, hotkey, wanted_key(call, hotkey)), call.options.json);
  }
  return 0;
}

}  // namespace gv::ctl
