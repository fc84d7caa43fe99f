// config set-key as it is typed: where the key goes, what the configuration says then, and that
// nobody sees it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
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
  world.write_config("api:\n  key_file: >-\n    /a\n");
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

TEST_CASE("a keyring that answers is the best place") {
  World world;
  Folder keyrings;
  const Keyring keyring(keyrings.path, world.bus.address(), true);
  world.write_config("api:\n  key_file: /old # gone first\n");
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
