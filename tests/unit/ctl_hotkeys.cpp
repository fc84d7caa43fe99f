#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Keys, desktops, recipes, and GNOME's settings as text.
#include <map>

#include <doctest/doctest.h>

#include "ctl/gnome_keys.hpp"
#include "ctl/hotkeys.hpp"

using namespace gv::ctl;

namespace {

using Lines = std::vector<std::string>;

std::optional<Desktop> found(std::map<std::string, std::string> variables) {
  return find_desktop([&variables](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

const Key super_g{.super = true, .name = "g"};
const Key f9{.name = "F9"};

Lines lines(Desktop desktop, Hotkey hotkey, const Key& key, const std::string& program = "ctl") {
  Lines all;
  for (const Recipe::Step& step : recipe(desktop, hotkey, key, program).steps)
    all.insert(all.end(), step.lines.begin(), step.lines.end());
  return all;
}

}  // namespace

TEST_CASE("keys are read as people and GTK write them") {
  CHECK(parse_key("Super+G") == super_g);
  CHECK(parse_key("<Super>g") == super_g);
  CHECK(parse_key("logo+g") == super_g);
  CHECK(parse_key("<Mod4>G") == super_g);
  CHECK(parse_key("f9") == f9);
  CHECK(parse_key("Ctrl+Alt+space") == Key{.control = true, .alt = true, .name = "space"});
  CHECK(parse_key("<Primary><Shift>XF86Tools") ==
        Key{.control = true, .shift = true, .name = "XF86Tools"});
  for (const char* wrong : {"", "Super", "Super+", "+g", "Hyper+g", "Super+g;h", "<Super",
                            "Alt+Shift", "<Super>$(x)"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_key(wrong));
  }
  CHECK(render(super_g) == "Super+G");
  CHECK(gtk_accelerator(super_g) == "<Super>g");
  CHECK(gtk_accelerator({.control = true, .alt = true, .name = "t"}) == "<Primary><Alt>t");
  CHECK(parse_key(render(default_key(Hotkey::talk))) == f9);
}

TEST_CASE("which desktop runs") {
  CHECK(found({{"XDG_CURRENT_DESKTOP", "ubuntu:GNOME"}}) == Desktop::gnome);
  CHECK(found({{"XDG_CURRENT_DESKTOP", "KDE"}}) == Desktop::kde);
  CHECK(found({{"XDG_CURRENT_DESKTOP", "XFCE"}}) == Desktop::xfce);
  CHECK(found({{"SWAYSOCK", "/run/s"}}) == Desktop::sway);
  CHECK(found({{"I3SOCK", "/run/s"}}) == Desktop::i3);
  CHECK(found({{"NIRI_SOCKET", "/run/s"}, {"XDG_CURRENT_DESKTOP", "what"}}) == Desktop::niri);
  CHECK(found({{"HYPRLAND_INSTANCE_SIGNATURE", "x"}}) == Desktop::hyprland);
  // Left over from another session.
  CHECK(found({{"SWAYSOCK", "/run/s"}, {"XDG_CURRENT_DESKTOP", "GNOME"}}) == Desktop::gnome);
  CHECK_FALSE(found({{"SWAYSOCK", ""}}));
  CHECK_FALSE(found({}));
  for (const Desktop desktop : desktops())
    CHECK(desktop_named(name_of(desktop)) == desktop);
  CHECK_FALSE(desktop_named("GNOME"));
}

TEST_CASE("what to write where") {
  CHECK(lines(Desktop::sway, Hotkey::toggle, super_g) ==
        Lines{"bindsym --no-repeat Mod4+g exec ctl toggle"});
  CHECK(lines(Desktop::sway, Hotkey::talk, f9) ==
        Lines{"bindsym --no-repeat F9 exec ctl talk press",
              "bindsym --release F9 exec ctl talk release"});
  CHECK(lines(Desktop::i3, Hotkey::talk, f9) ==
        Lines{"bindsym F9 exec --no-startup-id ctl talk press",
              "bindsym --release F9 exec --no-startup-id ctl talk release"});
  CHECK(lines(Desktop::hyprland, Hotkey::toggle, super_g) ==
        Lines{"hl.bind(\"SUPER + G\", hl.dsp.exec_cmd(\"ctl toggle\"))",
              "bind = SUPER, G, exec, ctl toggle"});
  CHECK(
      lines(Desktop::hyprland, Hotkey::talk, f9) ==
      Lines{
          "hl.bind(\"F9\", hl.dsp.exec_cmd(\"ctl talk press\"), { transparent = true })",
          "hl.bind(\"F9\", hl.dsp.exec_cmd(\"ctl talk release\"), { release = true, transparent = "
          "true })",
          "bindt = , F9, exec, ctl talk press", "bindrt = , F9, exec, ctl talk release"});
  CHECK(lines(Desktop::niri, Hotkey::talk, super_g) ==
        Lines{"Super+G repeat=false { spawn \"ctl\" \"talk\" \"toggle\"; }"});
  CHECK(lines(Desktop::river, Hotkey::talk, {.super = true, .shift = true, .name = "g"}) ==
        Lines{"riverctl map normal Super+Shift G spawn 'ctl talk press'",
              "riverctl map -release normal Super+Shift G spawn 'ctl talk release'"});
  CHECK(
      lines(Desktop::xfce, Hotkey::toggle, super_g) ==
      Lines{"xfconf-query -c xfce4-keyboard-shortcuts -p '/commands/custom/<Super>g' -n -t string "
            "-s 'ctl toggle'"});
  CHECK(lines(Desktop::kde, Hotkey::toggle, super_g) ==
        Lines{"Command: ctl toggle", "Shortcut: Meta+G"});
  CHECK(lines(Desktop::gnome, Hotkey::talk, f9) ==
        Lines{"Name: Gemini voice", "Command: ctl talk toggle", "Shortcut: F9"});
  // A folder with blanks.
  CHECK(lines(Desktop::sway, Hotkey::toggle, f9, "/a b/ctl") ==
        Lines{"bindsym --no-repeat F9 exec '/a b/ctl' toggle"});
  for (const Desktop desktop : desktops()) {
    const Recipe talk = recipe(desktop, Hotkey::talk, super_g, "ctl");
    CHECK_FALSE(talk.steps.empty());
    CHECK_FALSE(talk.notes.empty());  // what a key with a modifier, or without releases, means
    CHECK(to_json(talk).at("releases") == talk.releases);
    CHECK(render(talk).find(talk.steps[0].lines[0]) != std::string::npos);
  }
}

TEST_CASE("the program by its name alone where every desktop finds it") {
  CHECK(program_for_hotkeys("/usr/bin/gemini-voicectl") == "gemini-voicectl");
  CHECK(program_for_hotkeys("/usr/local/bin/gemini-voicectl") == "gemini-voicectl");
  CHECK(program_for_hotkeys("/home/u/.local/bin/gemini-voicectl") ==
        "/home/u/.local/bin/gemini-voicectl");
}

TEST_CASE("GNOME's settings are read strictly and written so that they are read again") {
  CHECK(gnome::parse_list("@as []\n") == Lines{});
  CHECK(gnome::parse_list("['/a/', \"it's\"]\n") == Lines{"/a/", "it's"});
  CHECK(gnome::parse_string("'a\\'b\\\\'\n") == "a'b\\");
  const Lines odd{"/a'b/", "c\\d", ""};
  CHECK(gnome::parse_list(gnome::print_list(odd)) == odd);
  for (const char* wrong :
       {"", "[", "['a'", "['a' 'b']", "['a',]", "[a]", "['a'] x", "['\\u0001']"}) {
    CAPTURE(wrong);
    CHECK_FALSE(gnome::parse_list(wrong));
  }
  CHECK_FALSE(gnome::parse_string("'a"));
  CHECK_FALSE(gnome::parse_string("uint32 5"));
}

TEST_CASE("one more of GNOME's shortcuts keeps those that are there") {
  const std::string folder = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/";
  const Recipe toggle = recipe(Desktop::gnome, Hotkey::toggle, super_g, "ctl");
  const Lines list{folder + "custom0/", folder + "custom2/", "/elsewhere/"};
  const std::vector<gnome::Shortcut> others{{list[0], "Terminal", "xterm", "<Alt>t"}};
  const auto plan = [&](const Lines& of, const std::vector<gnome::Shortcut>& shortcuts) {
    return std::get<std::vector<gnome::Setting>>(gnome::plan(of, shortcuts, toggle));
  };

  const auto settings = plan(list, others);
  REQUIRE(settings.size() == 4);
  CHECK(settings[1].schema == gnome::item_schema(folder + "custom1/"));
  CHECK(settings[1].value == "'ctl toggle'");
  CHECK(settings[2].value == "'<Super>g'");
  // The list last, when what it names is complete.
  CHECK(settings[3].key == "custom-keybindings");
  CHECK(gnome::parse_list(settings[3].value) ==
        Lines{list[0], list[1], list[2], folder + "custom1/"});

  CHECK(plan(list, {{list[1], "", "ctl toggle", "<Mod4>G"}}).empty());
  const auto moved = plan(list, {{list[1], "", "ctl toggle", "F10"}});
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].schema == gnome::item_schema(list[1]));
  CHECK(moved[0].value == "'<Super>g'");
  const auto conflict = gnome::plan(list, {{list[0], "Games", "steam", "<Super>g"}}, toggle);
  CHECK(std::get<gnome::Taken>(conflict).by.name == "Games");
}
