#include "ctl/bind.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "ctl/gnome_keys.hpp"
#include "ctl/problem.hpp"
#include "ctl/program.hpp"
#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::ctl {
namespace {

constexpr std::size_t most_error_bytes = 200;
constexpr const char* xfce_channel = "xfce4-keyboard-shortcuts";

[[noreturn]] void fail(std::string why, const std::string& advice = "gemini-voicectl bind") {
  throw Problem(Exit::failed, "bind", std::move(why), advice);
}

[[noreturn]] void taken(const Key& key, const std::string& by) {
  throw Problem(Exit::refused, "bind", render(key) + " is bound to " + by + " already",
                "another --key, or take that binding away in the desktop's settings first");
}

std::string short_error(const ProgramRun& ran) {
  const std::string& text = ran.errors.empty() ? ran.output : ran.errors;
  return gv::printable(text.substr(0, text.find('\n')), most_error_bytes);
}

// Its output; throws where it is not there or refuses.
std::string ask(const std::vector<std::string>& argv) {
  const ProgramRun ran = run_program(argv);
  if (!ran.found) fail(argv[0] + " is not installed, so the desktop cannot be asked");
  if (!ran.well()) fail(argv[0] + " failed: " + short_error(ran));
  return ran.output;
}

template <class Value>
Value understood(std::optional<Value> value, const std::string& what) {
  if (!value) fail("what gsettings says of " + what + " is not understood, so nothing is changed");
  return std::move(*value);
}

std::vector<std::string> gnome_list() {
  return understood(
      gnome::parse_list(ask({"gsettings", "get", gnome::list_schema, gnome::list_key})),
      gnome::list_key);
}

Application prepare_gnome(const Recipe& recipe) {
  const std::vector<std::string> list = gnome_list();
  std::vector<gnome::Shortcut> shortcuts;
  for (const std::string& path : list) {
    const auto member = [&path](const char* key) {
      return understood(
          gnome::parse_string(ask({"gsettings", "get", gnome::item_schema(path), key})), path);
    };
    shortcuts.push_back({path, member("name"), member("command"), member("binding")});
  }
  auto plan = gnome::plan(list, shortcuts, recipe);
  if (const auto* conflict = std::get_if<gnome::Taken>(&plan)) {
    taken(recipe.key,
          in_quotes(conflict->by.name.empty() ? conflict->by.command : conflict->by.name));
  }
  for (const char* schema : gnome::own_schemas) {
    const ProgramRun ran = run_program({"gsettings", "list-recursively", schema});
    const std::string name = ran.well() ? gnome::own_binding(ran.output, recipe.key) : "";
    if (!name.empty()) taken(recipe.key, in_quotes("GNOME's " + name));
  }
  Application application;
  for (const gnome::Setting& setting : std::get<std::vector<gnome::Setting>>(plan)) {
    application.commands.push_back(
        {"gsettings", "set", setting.schema, setting.key, setting.value});
  }
  return application;
}

// The command behind a property; empty: there is none.
std::string xfce_command(const std::string& property) {
  const ProgramRun ran = run_program({"xfconf-query", "-c", xfce_channel, "-p", property});
  if (!ran.found) fail("xfconf-query is not installed, so the desktop cannot be asked");
  std::string text = ran.well() ? ran.output : "";
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

Application prepare_xfce(const Recipe& recipe) {
  // Told apart from a setting that is not there: is there anybody to ask?
  ask({"xfconf-query", "-l"});
  const std::string key = gtk_accelerator(recipe.key);
  const std::string property = "/commands/custom/" + key;
  const std::string now = xfce_command(property);
  if (now == recipe.command) return {};
  if (!now.empty()) taken(recipe.key, in_quotes(now));
  if (!xfce_command("/xfwm4/custom/" + key).empty()) taken(recipe.key, "the window manager");
  return {{{"xfconf-query", "-c", xfce_channel, "-p", property, "-n", "-t", "string", "-s",
            recipe.command}}};
}

}  // namespace

std::optional<Desktop> running_desktop() {
  return find_desktop(config::process_environment());
}

Recipe recipe_for_us(Desktop desktop, Hotkey hotkey, const Key& key) {
  std::error_code error;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return recipe(desktop, hotkey, key,
                error ? std::string("gemini-voicectl") : program_for_hotkeys(self));
}

bool can_apply(Desktop desktop) {
  return desktop == Desktop::gnome || desktop == Desktop::xfce;
}

Application prepare(const Recipe& recipe) {
  if (recipe.desktop == Desktop::gnome) return prepare_gnome(recipe);
  if (recipe.desktop == Desktop::xfce) return prepare_xfce(recipe);
  throw Problem(Exit::refused, "bind --apply",
                std::string(title_of(recipe.desktop)) +
                    (recipe.desktop == Desktop::kde
                         ? " takes a command's key from its settings alone"
                         : " keeps its keys in a file that is yours, and is not changed here"),
                "gemini-voicectl bind, which says what to write where");
}

void apply(const Recipe& recipe, const Application& application) {
  for (const std::vector<std::string>& command : application.commands)
    ask(command);
  if (!prepare(recipe).commands.empty()) {
    fail(
        "the desktop has taken the binding, and does not have it. Perhaps its settings are "
        "locked, or are not kept",
        "gemini-voicectl bind, and bind it in the desktop's settings");
  }
}

}  // namespace gv::ctl
