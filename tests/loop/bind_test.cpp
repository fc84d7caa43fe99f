#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Hotkeys that gemini-voicectl binds, with the desktops' own programs.
#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using test::one_error_line;
using test::Outcome;
using test::run;
using test::run_shell;

namespace {

constexpr const char* schema = "org.gnome.settings-daemon.plugins.media-keys";
const std::string folder = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/";

// A user's settings of GNOME, in a file of the test's.
struct Gnome {
  test::PrivateBus bus;
  bool here = false;

  Gnome() {
    ::setenv("GSETTINGS_BACKEND", "keyfile", 1);
    ::setenv("XDG_CONFIG_HOME", bus.folder().c_str(), 1);
    here = get(schema, "custom-keybindings") == "@as []";
    if (!here) {
      MESSAGE("skipped: gsettings, or GNOME's schemas (gnome-settings-daemon-common), are missing");
    }
  }
  static std::string get(const std::string& of, const std::string& key) {
    std::string out = run_shell("gsettings get " + of + ' ' + key).out;
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }
  static void set(const std::string& of, const std::string& key, const std::string& value) {
    CHECK(run_shell("gsettings set " + of + ' ' + key + " \"" + value + '"').exit == 0);
  }
  static std::string item(const std::string& name) {
    return std::string(schema) + ".custom-keybinding:" + folder + name + '/';
  }
};

}  // namespace

TEST_CASE("GNOME: a key is bound beside what is bound, once") {
  Gnome gnome;
  if (!gnome.here) return;
  Gnome::set(schema, "custom-keybindings", "['" + folder + "custom0/', '" + folder + "mine/']");
  Gnome::set(Gnome::item("custom0"), "name", "'It\\'s mine'");
  Gnome::set(Gnome::item("custom0"), "command", "'xterm'");
  Gnome::set(Gnome::item("custom0"), "binding", "'<Control><Alt>t'");

  const Outcome dry = run({"bind", "--desktop", "gnome", "--dry-run"});
  CHECK(dry.exit == 0);
  CHECK(dry.out.find("gsettings set ") != std::string::npos);
  CHECK(Gnome::get(schema, "custom-keybindings").find("custom1") == std::string::npos);

  CHECK(run({"bind", "--desktop", "gnome", "--apply"}).exit == 0);
  const std::string list =
      "['" + folder + "custom0/', '" + folder + "mine/', '" + folder + "custom1/']";
  CHECK(Gnome::get(schema, "custom-keybindings") == list);
  CHECK(Gnome::get(Gnome::item("custom1"), "command") == "'" GV_CTL " toggle'");
  CHECK(Gnome::get(Gnome::item("custom1"), "binding") == "'<Super>g'");
  CHECK(Gnome::get(Gnome::item("custom0"), "command") == "'xterm'");

  const Outcome again = run({"--json", "bind", "--desktop", "gnome", "--apply"});
  CHECK(again.out.find("\"changed\":false") != std::string::npos);
  CHECK(Gnome::get(schema, "custom-keybindings") == list);

  // Another key for the same, the talk key, and one that somebody has.
  CHECK(run({"bind", "--desktop", "gnome", "--apply", "--key", "F10"}).exit == 0);
  CHECK(Gnome::get(schema, "custom-keybindings") == list);
  CHECK(Gnome::get(Gnome::item("custom1"), "binding") == "'F10'");
  CHECK(run({"bind", "--desktop", "gnome", "--apply", "--talk"}).exit == 0);
  CHECK(Gnome::get(Gnome::item("custom2"), "command") == "'" GV_CTL " talk toggle'");
  const Outcome taken = run({"bind", "--desktop", "gnome", "--apply", "--key", "Ctrl+Alt+T"});
  CHECK(taken.exit == 5);
  CHECK(taken.err.find("is bound to \"It's mine\" already") != std::string::npos);
  CHECK(one_error_line(taken));
  const Outcome own = run({"bind", "--desktop", "gnome", "--apply", "--key", "Ctrl+Alt+Delete"});
  CHECK(own.exit == 5);
  CHECK(own.err.find("is bound to \"GNOME's logout\" already") != std::string::npos);
  CHECK(Gnome::get(Gnome::item("custom1"), "binding") == "'F10'");
}

TEST_CASE("a desktop's program is started without a key of the environment") {
  const test::PrivateBus bus;
  const std::string seen = bus.folder() + "/environment";
  const Outcome asked = run_shell(
      "cd " + bus.folder() + " && printf '#!/bin/sh\nenv >" + seen +
      "\n' >xfconf-query && chmod +x xfconf-query && PATH=$PWD:$PATH GEMINI_API_KEY=hidden1 "
      "GOOGLE_API_KEY=hidden2 GV_KEPT=kept $CTL bind --desktop xfce --dry-run");
  CHECK_MESSAGE(asked.exit == 0, asked.err);
  const std::string environment = run_shell("cat " + seen).out;
  CHECK(environment.find("GV_KEPT=kept\n") != std::string::npos);
  CHECK_MESSAGE(environment.find("hidden") == std::string::npos, environment);
}

TEST_CASE("Xfce: a key is bound once, and not over another's") {
  test::PrivateBus bus;
  ::setenv("XDG_CONFIG_HOME", bus.folder().c_str(), 1);
  if (run_shell("xfconf-query --version && cp "
                "/usr/share/dbus-1/services/org.xfce.Xfconf.service " +
                bus.folder())
          .exit != 0) {
    MESSAGE("skipped: xfconf is not installed");
    return;
  }
  const std::string get = "xfconf-query -c xfce4-keyboard-shortcuts -p '/commands/custom/<Super>g'";
  CHECK(run({"bind", "--desktop", "xfce", "--apply"}).exit == 0);
  CHECK(run_shell(get).out == GV_CTL " toggle\n");
  CHECK(run({"bind", "--desktop", "xfce", "--apply"}).out.find("bound already") !=
        std::string::npos);
  const Outcome taken = run({"bind", "--desktop", "xfce", "--talk", "--apply", "--key", "Super+g"});
  CHECK(taken.exit == 5);
  CHECK(run_shell(get).out == GV_CTL " toggle\n");
}

TEST_CASE("desktops whose files are the user's are not touched, and wrong usage is told") {
  for (const std::string desktop : {"kde", "sway", "hyprland", "i3", "niri", "river"}) {
    CAPTURE(desktop);
    const Outcome shown = run({"bind", "--desktop", desktop});
    CHECK(shown.exit == 0);
    CHECK(shown.out.find(GV_CTL) != std::string::npos);
    const Outcome o = run({"bind", "--desktop", desktop, "--apply"});
    CHECK(o.exit == 5);
    CHECK(one_error_line(o));
  }
  CHECK(run({"bind", "--desktop", "gnom"}).err.find("did you mean gnome?") != std::string::npos);
  CHECK(run({"bind", "--key", "Hyper+g"}).exit == 2);
  // Which one runs is told by its variables; without, all are shown.
  const Outcome all = run_shell(
      "env -u SWAYSOCK -u I3SOCK -u NIRI_SOCKET -u HYPRLAND_INSTANCE_SIGNATURE "
      "XDG_CURRENT_DESKTOP=what \"$CTL\" bind");
  CHECK(all.exit == 0);
  CHECK(all.out.find("GNOME: Super+G to start and stop") != std::string::npos);
  CHECK(all.out.find("River: F9 to talk") != std::string::npos);
  CHECK(all.err.find("cannot be told") != std::string::npos);
  CHECK(run_shell("XDG_CURRENT_DESKTOP=X-Shell:KDE \"$CTL\" bind --key F8")
            .out.starts_with("KDE Plasma: F8 to start and stop\n"));
}
