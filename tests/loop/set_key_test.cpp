// config set-key as it is typed: where the key goes, what the configuration says then, and that
// nobody sees it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "tests/loop/children.hpp"
#include "tests/loop/ctl_process.hpp"
#include "tests/support/keyring.hpp"
#include "tests/support/terminal.hpp"

using namespace gv::test;
namespace fs = std::filesystem;

namespace {

const std::string key = "AIzaSyKeyOfThisTest0123456789abcdefghij";

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

unsigned mode_of(const fs::path& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

// What this process starts from now on is refused what permissions refuse, even where root runs it.
void obey_permissions() {
  if (::geteuid() != 0) return;
  for (const unsigned long right : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH})
    REQUIRE(::prctl(PR_CAPBSET_DROP, right, 0, 0, 0) == 0);
}

// The command that runs another where it may mount; empty: there is none here.
std::string namespace_of_ones_own() {
  for (std::string way :
       {"unshare --mount", "unshare --user --map-current-user --keep-caps --mount"}) {
    if (run_shell(way + " mount -t tmpfs none /run").exit == 0) return way;
  }
  return "";
}

struct World {
  World() {
    ::setenv("HOME", home.path.c_str(), 1);
    ::setenv("GV_LIBEXEC_DIR", GV_LIBEXEC_FOLDER, 1);
    for (const char* name : {"XDG_CONFIG_HOME", "GEMINI_VOICE_CONFIG", "GEMINI_API_KEY",
                             "GOOGLE_API_KEY", "CREDENTIALS_DIRECTORY", "DISPLAY"})
      ::unsetenv(name);
    ::setenv("XDG_CONFIG_DIRS", (home.path + "/xdg").c_str(), 1);
  }
  Outcome set_key(const std::string& options = {}, const std::string& typed = key + "\n") {
    std::ofstream(home.path + "/typed") << typed;
    Outcome outcome = run_shell("$CTL config set-key " + options + " <'" + home.path + "/typed'");
    CHECK(outcome.out.find(key) == std::string::npos);
    CHECK(outcome.err.find(key) == std::string::npos);
    return outcome;
  }
  void write_config(const std::string& text, mode_t mode = 0600) const {
    fs::create_directories(folder);
    std::ofstream(config) << text;
    REQUIRE(::chmod(config.c_str(), mode) == 0);
  }

  PrivateBus bus;
  Folder home;
  fs::path folder = fs::path(home.path) / ".config/gemini-voiced";
  fs::path config = folder / "config.yaml";
  fs::path file = folder / "key";
};

}  // namespace

TEST_CASE(
    "without a keyring the key goes into a file for the user alone, and a configuration is made") {
  World world;
  const Outcome done = world.set_key();
  CHECK_MESSAGE(done.exit == 0, done.err);
  CHECK(read(world.file) == key + "\n");
  CHECK(mode_of(world.file) == 0600);
  CHECK(mode_of(world.folder) == 0700);
  CHECK(mode_of(world.config) == 0600);
  CHECK(read(world.config) == "api:\n  key_file: ~/.config/gemini-voiced/key\n");
  CHECK(done.out.starts_with("The key is in " + world.file.string() + ", which only you can read"));
  CHECK(done.out.find("Note: not in a keyring: ") != std::string::npos);
  CHECK(done.out.ends_with(
      "Next: systemctl --user enable --now gemini-voiced, then gemini-voicectl start\n"));
  CHECK(run({"config", "check"}).exit == 0);
  // Nothing else is left lying about.
  CHECK(std::distance(fs::directory_iterator(world.folder), fs::directory_iterator()) == 2);

  // Another key, with blanks around it, takes its place; a file that was open to others is closed.
  REQUIRE(::chmod(world.file.c_str(), 0644) == 0);
  CHECK(world.set_key("--file", "  another-key \n").exit == 0);
  CHECK(read(world.file) == "another-key\n");
  CHECK(mode_of(world.file) == 0600);
}

TEST_CASE("a configuration that is there keeps its comments, its mode and its place") {
  World world;
  const fs::path real = fs::path(world.home.path) / "dotfiles.yaml";
  world.write_config("");
  std::ofstream(real) << "# mine\nlog: {level: debug} # loud\n";
  REQUIRE(::chmod(real.c_str(), 0640) == 0);
  fs::remove(world.config);
  fs::create_symlink(real, world.config);
  CHECK(world.set_key("--file").exit == 0);
  CHECK(fs::is_symlink(world.config));
  CHECK(read(real) ==
        "# mine\nlog: {level: debug} # loud\napi:\n  key_file: ~/.config/gemini-voiced/key\n");
  CHECK(mode_of(real) == 0640);
}

TEST_CASE("what is wrong is told before anything is stored") {
  World world;
  CHECK(world.set_key("", "two words\n").exit == 7);
  CHECK(world.set_key("", "\n").exit == 7);
  CHECK(world.set_key("--file --keyring").exit == 2);
  CHECK(run({"config", "check", "--file"}).exit == 2);
  world.write_config("api: {key_fil: a}\n");
  const Outcome mistakes = world.set_key("--file");
  CHECK(mistakes.exit == 6);
  CHECK(one_error_line(mistakes));
  world.write_config("api:\n  key_file: >-\n    /dev/null/a\n");
  CHECK(world.set_key("--file").exit == 6);
  world.write_config("api:\n  key_command: [pass, show, gemini]\n");
  CHECK(world.set_key("--keyring").exit == 5);
  CHECK(read(world.config) == "api:\n  key_command: [pass, show, gemini]\n");
  CHECK_FALSE(fs::exists(world.file));
}

TEST_CASE("the system's configuration goes on to hold") {
  World world;
  fs::create_directories(world.home.path + "/xdg/gemini-voiced");
  std::ofstream(world.home.path + "/xdg/gemini-voiced/config.yaml") << "audio: {period: 10ms}\n";
  CHECK(world.set_key("--file").out.find("began as a copy of") != std::string::npos);
  CHECK(read(world.config) ==
        "audio: {period: 10ms}\napi:\n  key_file: ~/.config/gemini-voiced/key\n");
}

TEST_CASE("a file of the same name that is no key of ours is left alone") {
  World world;
  fs::create_directories(world.folder);
  const fs::path other = world.folder / "gemini-voice-key";
  for (const char* text : {"-----BEGIN PRIVATE KEY-----\nAAAA\n", "hunter2\n"}) {
    std::ofstream(world.file) << text;
    const Outcome done = world.set_key("--file");
    CHECK_MESSAGE(done.exit == 0, done.err);
    CHECK(read(world.file) == text);
    CHECK(read(other) == key + "\n");
    CHECK(mode_of(other) == 0600);
    CHECK(read(world.config) == "api:\n  key_file: ~/.config/gemini-voiced/gemini-voice-key\n");
    CHECK(done.out.find("Note: " + world.file.string() + " is there and holds") !=
          std::string::npos);
    fs::remove(other);
    fs::remove(world.config);
  }
  // Nor is a link's file, whatever it holds.
  const fs::path elsewhere = fs::path(world.home.path) / "elsewhere";
  fs::remove(world.file);
  std::ofstream(elsewhere) << "AIzaSyKeyOfSomebodyElse0123456789abcdef\n";
  fs::create_symlink(elsewhere, world.file);
  CHECK(world.set_key("--file").exit == 0);
  CHECK(read(elsewhere) == "AIzaSyKeyOfSomebodyElse0123456789abcdef\n");
  CHECK(fs::exists(other));

  // Both are somebody else's: nothing is written.
  std::ofstream(other) << "mine too\n";
  fs::remove(world.config);
  const Outcome refused = world.set_key("--file");
  CHECK(refused.exit == 5);
  CHECK(one_error_line(refused));
  CHECK(read(other) == "mine too\n");
  CHECK_FALSE(fs::exists(world.config));

  // An API key that is not in use any more, and nothing at all, are replaced.
  for (const char* text : {"AIzaSyKeyOfAnotherTime0123456789abcdefg\n", " \n"}) {
    fs::remove(world.file);
    std::ofstream(world.file) << text;
    fs::remove(world.config);
    CHECK(world.set_key("--file").exit == 0);
    CHECK(read(world.file) == key + "\n");
  }
}

TEST_CASE("a key file of the user's own goes on to hold the key") {
  World world;
  const fs::path mine = fs::path(world.home.path) / "of/mykey";
  world.write_config("api:\n  key_file: ~/of/mykey\n");
  const Outcome made = world.set_key("--file");
  CHECK_MESSAGE(made.exit == 0, made.err);
  CHECK(made.out.starts_with("The key is in " + mine.string() + ", which only you can read"));
  CHECK(read(mine) == key + "\n");
  std::ofstream(mine) << "old\n";
  REQUIRE(::chmod(mine.c_str(), 0644) == 0);
  CHECK(world.set_key("--file").exit == 0);
  CHECK(read(mine) == key + "\n");
  CHECK(mode_of(mine) == 0600);
  CHECK(read(world.config) == "api:\n  key_file: ~/of/mykey\n");
  CHECK_FALSE(fs::exists(world.file));

  // One that cannot be written is told of.
  for (const std::string bad : {"/dev/null/mykey", "/dev/null"}) {
    world.write_config("api:\n  key_file: " + bad + "\n");
    const Outcome done = world.set_key("--file");
    CHECK_MESSAGE(done.exit == 0, done.err);
    CHECK(read(world.file) == key + "\n");
    CHECK(read(world.config) == "api:\n  key_file: ~/.config/gemini-voiced/key\n");
    CHECK(done.out.find("Note: the key file " + bad + " (api.key_file) cannot be written: ") !=
          std::string::npos);
  }
}

TEST_CASE("the system's configuration that names a file of the user's is not copied for it") {
  World world;
  fs::create_directories(world.home.path + "/xdg/gemini-voiced");
  std::ofstream(world.home.path + "/xdg/gemini-voiced/config.yaml") << "api: {key_file: ~/k}\n";
  const Outcome done = world.set_key("--file");
  CHECK(done.out.find("/xdg/gemini-voiced/config.yaml says so.\n") != std::string::npos);
  CHECK(done.out.find("began as a copy") == std::string::npos);
  CHECK_FALSE(fs::exists(world.config));
  CHECK(read(world.home.path + "/k") == key + "\n");
}

TEST_CASE("where the configuration cannot be written, the key's place and what to do are told") {
  World world;
  obey_permissions();
  // As it is where another program makes it: a link into a place that is closed.
  const fs::path closed = fs::path(world.home.path) / "closed";
  fs::create_directory(closed);
  fs::create_directories(world.folder);
  std::ofstream(closed / "config.yaml") << "log: {level: debug}\n";
  fs::create_symlink(closed / "config.yaml", world.config);
  REQUIRE(::chmod(closed.c_str(), 0500) == 0);
  const Outcome in_file = world.set_key("--file");
  CHECK(in_file.exit == 1);
  CHECK(one_error_line(in_file));
  CHECK_MESSAGE(in_file.err.find("cannot be written: Permission denied; but the key is in " +
                                 world.file.string() +
                                 " now. Try: to set api.key_file: "
                                 "~/.config/gemini-voiced/key there yourself") != std::string::npos,
                in_file.err);
  CHECK(read(world.file) == key + "\n");
  {
    Folder keyrings;
    const Keyring keyring(keyrings.path, world.bus.address(), true);
    const Outcome in_keyring = world.set_key();
    CHECK(in_keyring.exit == 1);
    CHECK(one_error_line(in_keyring));
    CHECK_MESSAGE(in_keyring.err.find("the key is in your keyring now. Try: to set api.keyring: "
                                      "true there yourself") != std::string::npos,
                  in_keyring.err);
    CHECK(run_shell(GV_LIBEXEC_FOLDER "/gemini-voice-secret lookup").out == key);
  }
  REQUIRE(::chmod(closed.c_str(), 0700) == 0);
}

TEST_CASE("a keyring that answers is the best place") {
  World world;
  Folder keyrings;
  const Keyring keyring(keyrings.path, world.bus.address(), true);
  world.write_config("api:\n  key_file: /dev/null/old # gone first\n");
  const Outcome done = world.set_key();
  CHECK_MESSAGE(done.exit == 0, done.err);
  CHECK(done.out.starts_with("The key is in your keyring, and "));
  CHECK(read(world.config) == "api:\n  keyring: true\n  key_file: \"\" # gone first\n");
  CHECK_FALSE(fs::exists(world.file));
  const Outcome looked_up = run_shell(GV_LIBEXEC_FOLDER "/gemini-voice-secret lookup");
  CHECK(looked_up.out == key);
  const Outcome told = world.set_key("--json");
  CHECK_MESSAGE(told.out.starts_with(R"({"stored_in":"keyring","key_file":"","config":")"),
                told.out);
}

TEST_CASE("a credential of the unit goes first, and is told of") {
  World world;
  const std::string alone = namespace_of_ones_own();
  if (alone.empty()) {
    MESSAGE("skipped: this system allows no mount namespace of one's own (unshare)");
    return;
  }
  // The manager's answer, where a systemd runs.
  const fs::path drop_in = fs::path(world.home.path) / "override.conf";
  fs::create_directory(world.home.path + "/bin");
  const std::string systemctl = world.home.path + "/bin/systemctl";
  std::ofstream(systemctl) << "#!/bin/sh\necho LoadState=loaded\necho FragmentPath=/nowhere\n"
                           << "echo DropInPaths=" << drop_in.string() << '\n';
  REQUIRE(::chmod(systemctl.c_str(), 0755) == 0);
  ServiceThread service;
  Folder keyrings;
  const Keyring keyring(keyrings.path, world.bus.address(), true);
  const auto set_key = [&](const std::string& unit) {
    std::ofstream(drop_in) << "[Service]\n" << unit << '\n';
    world.write_config("api:\n  key_file: ~/key\n");
    std::ofstream(world.home.path + "/key") << key << '\n';
    std::ofstream(world.home.path + "/typed") << key << '\n';
    return run_shell("export CTL; exec " + alone +
                     " sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system && "
                     "PATH=$HOME/bin:$PATH exec $CTL config set-key <$HOME/typed'");
  };
  const Outcome without = set_key("Nice=1");
  CHECK_MESSAGE(without.exit == 0, without.err);
  CHECK(without.out.find("you may delete it") != std::string::npos);
  CHECK(without.out.find("The running daemon knows it.") != std::string::npos);
  for (const char* unit :
       {"LoadCredential=gemini-api-key:%h/key", "SetCredential=gemini-api-key: AIza"}) {
    const Outcome done = set_key(unit);
    CHECK_MESSAGE(done.exit == 0, done.err);
    CHECK_MESSAGE(done.out.find("Note: the systemd credential gemini-api-key of the unit goes "
                                "first (" +
                                drop_in.string() + "); change the key there") != std::string::npos,
                  done.out);
    CHECK(done.out.find("you may delete it") == std::string::npos);
    CHECK(done.out.find("The running daemon knows it.") == std::string::npos);
  }
}

TEST_CASE("systemctl is started without a key of the environment") {
  World world;
  fs::create_directories(world.home.path + "/systemd");
  std::ofstream(world.home.path + "/systemd/private") << "";
  const std::string systemctl = world.home.path + "/systemctl";
  std::ofstream(systemctl) << "#!/bin/sh\nenv >\"$HOME/environment\"\n";
  REQUIRE(::chmod(systemctl.c_str(), 0755) == 0);
  Terminal terminal(
      {GV_CTL, "setup", "service"},
      {"XDG_RUNTIME_DIR=" + world.home.path, "PATH=" + world.home.path + ":/usr/bin:/bin",
       "GEMINI_API_KEY=" + key, "GOOGLE_API_KEY=" + key});
  REQUIRE_MESSAGE(terminal.shows("is enabled, and runs"), terminal.screen);
  terminal.type("\n");
  CHECK(terminal.exit_code() == 0);
  const std::string environment = read(world.home.path + "/environment");
  CHECK(environment.find("XDG_RUNTIME_DIR=") != std::string::npos);
  CHECK_MESSAGE(environment.find("_API_KEY") == std::string::npos, environment);
}

TEST_CASE("a daemon that runs is told") {
  World world;
  std::string calls;
  ServiceThread service;
  service.on_loop(
      [&] { service.control.on_call = [&](const std::string& call) { calls += call; }; });
  const Outcome done = world.set_key("--file");
  CHECK(done.out.ends_with("The running daemon knows it.\nNext: gemini-voicectl start\n"));
  service.on_loop([&] { CHECK(calls == "reload"); });
}

TEST_CASE("a terminal does not show it, and has its echo back whatever happens") {
  World world;
  {
    Terminal terminal({GV_CTL, "config", "set-key", "--file"});
    REQUIRE(terminal.shows("API key (it is not shown): "));
    CHECK_FALSE(terminal.echoes());
    terminal.type(key + "\n");
    REQUIRE(terminal.shows("The key is in "));
    CHECK(terminal.echoes());
    CHECK(terminal.exit_code() == 0);
    CHECK(terminal.screen.find(key.substr(0, 8)) == std::string::npos);
    CHECK(read(world.file) == key + "\n");
  }
  // Ctrl-C goes to the shell as well, which would end by it.
  Terminal terminal({"/bin/sh", "-c",
                     "trap : INT; '" GV_CTL "' config set-key --file; echo ended $?; read line"});
  REQUIRE(terminal.shows("API key (it is not shown): "));
  terminal.type("half a key\x03");  // Ctrl-C
  REQUIRE(terminal.shows("ended 130"));
  CHECK(terminal.echoes());
}
