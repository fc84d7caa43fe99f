#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// Completions in the real shells, with the real gemini-voicectl and a service on a private bus.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using test::Ctl;
using test::Outcome;
using test::patience;
using test::run;

namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

bool has(const Lines& lines, const std::string& line) {
  return std::ranges::find(lines, line) != lines.end();
}

bool is_here(const std::string& shell) {
  if (std::system(("command -v " + shell + " >/dev/null").c_str()) == 0) return true;
  MESSAGE("skipped: " << shell << " is not installed");
  return false;
}

// Where a shell finds gemini-voicectl by its name, and nothing of the user's.
struct World {
  test::PrivateBus bus;
  test::ServiceThread service;

  World() {
    const std::string path = fs::path(GV_CTL).parent_path().string() + ':' + std::getenv("PATH");
    ::setenv("PATH", path.c_str(), 1);
    ::setenv("HOME", bus.folder().c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", bus.folder().c_str(), 1);
    ::setenv("XDG_DATA_HOME", bus.folder().c_str(), 1);
  }
  Outcome in_shell(const std::string& shell, Lines words) const {
    words.insert(words.begin(), {"-c"});
    Ctl ctl(std::move(words), shell.c_str());
    const int exit = ctl.exit_code();
    return {exit, ctl.out, ctl.err};
  }
};

// What bash offers for a line, with the function that `complete` knows.
Lines bash(const World& w, const std::string& line) {
  const Outcome o =
      w.in_shell("/bin/bash", {"source <(gemini-voicectl completions bash)\n"
                               "read -ra known < <(complete -p gemini-voicectl)\n"
                               "COMP_LINE=$1 COMP_POINT=${#1}\n"
                               "\"${known[2]}\" gemini-voicectl\n"
                               "[[ ${#COMPREPLY[@]} = 0 ]] || printf '%s\\n' \"${COMPREPLY[@]}\"",
                               "bash", line});
  CHECK_MESSAGE(o.err.empty(), o.err);
  return lines_of(o.out);
}

Lines fish(const World& w, const std::string& line) {
  return lines_of(
      w.in_shell(fs::exists("/usr/bin/fish") ? "/usr/bin/fish" : "fish",
                 {"gemini-voicectl completions fish | source; complete -C $argv[1]", line})
          .out);
}

// What becomes of lines in an interactive zsh when the tab key is pressed at their ends.
Lines zsh(const World& w, const Lines& typed) {
  const std::string out = w.bus.folder() + "/zsh-out";
  fs::remove(out);
  Lines words{
      "zmodload zsh/zpty || exit\n"
      "zpty z 'OUT='$1' zsh -f -i'\n"
      "zpty -w z 'autoload -Uz compinit; compinit -u -D'\n"
      "zpty -w z 'source <(gemini-voicectl completions zsh)'\n"
      "zpty -w z 'report() { print -r -- \"$BUFFER\" >>$OUT; BUFFER= }; zle -N report'\n"
      "zpty -w z 'bindkey \"^G\" report; bindkey \"^I\" complete-word'\n"
      "for line in \"${@:2}\"; do zpty -w -n z \"$line\"$'\\t'; zpty -w -n z $'\\a'; done\n"
      "zpty -w z exit\n"
      "while zpty -r z chunk; do :; done",
      "zsh", out};
  words.insert(words.end(), typed.begin(), typed.end());
  w.in_shell("/bin/zsh", std::move(words));
  std::ifstream file(out);
  return lines_of({std::istreambuf_iterator<char>(file), {}});
}

// The program gives up after 200 ms, which on a busy machine may be too soon.
bool offers(const std::function<bool()>& as_expected) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!as_expected()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("bash: every verb, every option, subverbs, profiles, requests and files") {
  World w;
  const Lines verbs = bash(w, "gemini-voicectl ");
  // The other list that there is of them.
  Lines shown;
  std::istringstream help(run({"--help"}).out);
  for (std::string line; std::getline(help, line) && line != "Options:";) {
    if (line.starts_with("  ") && line[2] != ' ')
      shown.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  CHECK(shown.size() > 20);
  CHECK(verbs == shown);
  CHECK_FALSE(has(verbs, "complete"));
  for (const std::string& verb : verbs) {
    const Lines options = bash(w, "gemini-voicectl " + verb + " -");
    const std::string usage = run({"help", verb}).out;
    const std::string synopsis = usage.substr(0, usage.find('\n'));
    for (std::size_t at = 0; (at = synopsis.find("--", at)) != std::string::npos; at += 2) {
      const std::string option = synopsis.substr(at, synopsis.find_first_of(" ]|", at) - at);
      if (option == "--waybar") continue;
      CAPTURE(verb);
      CHECK(has(options, option));
    }
    CHECK(has(options, "--json"));
  }
  CHECK(bash(w, "gemini-voicectl --no-start mute-t") == Lines{"mute-toggle"});
  CHECK(bash(w, "gemini-voicectl talk ") == Lines{"press", "release", "toggle"});
  CHECK(has(bash(w, "gemini-voicectl config "), "check"));
  CHECK(bash(w, "gemini-voicectl say st").empty());
  CHECK(offers([&w] {
    return bash(w, "gemini-voicectl start --profile ") == Lines{"assistant", "tutor"};
  }));
  CHECK(offers([&w] { return bash(w, "gemini-voicectl start --profile=tu") == Lines{"tutor"}; }));
  w.service.on_loop([&w] { w.service.control.requests = {{"fc:1 a", "note", "touch"}}; });
  CHECK(offers([&w] { return bash(w, "gemini-voicectl approve ") == Lines{"fc:1\\ a"}; }));
  CHECK(offers([&w] { return bash(w, "gemini-voicectl deny fc:") == Lines{"1\\ a"}; }));
  const std::string folder = w.bus.folder();
  std::ofstream(folder + "/a b.png") << "x";
  CHECK(bash(w, "gemini-voicectl send-image " + folder + "/a") == Lines{folder + "/a b.png"});
}

TEST_CASE("fish: a verb, an option, a profile of the running daemon") {
  if (!is_here("fish")) return;
  World w;
  CHECK(offers([&w] {
    return has(fish(w, "gemini-voicectl mute-t"), "mute-toggle\tMute or unmute, for a hotkey");
  }));
  CHECK(has(fish(w, "gemini-voicectl start --pr"), "--profile"));
  CHECK(offers([&w] {
    return has(fish(w, "gemini-voicectl start --profile tu"), "tutor\tLanguage learning");
  }));
  CHECK(has(fish(w, "gemini-voicectl completions "), "fish"));
}

TEST_CASE("zsh: a verb, an option, a profile of the running daemon") {
  if (!is_here("zsh")) return;
  World w;
  Lines got;
  const Lines expected{"gemini-voicectl mute-toggle ", "gemini-voicectl start --profile ",
                       "gemini-voicectl start --profile tutor ",
                       "gemini-voicectl bind --desktop=kde "};
  CHECK_MESSAGE(
      offers([&] {
        got = zsh(w, {"gemini-voicectl mute-t", "gemini-voicectl start --pr",
                      "gemini-voicectl start --profile tu", "gemini-voicectl bind --desktop=k"});
        return got == expected;
      }),
      doctest::toString(got.empty() ? "nothing" : got.back()));
}

TEST_CASE("without a daemon, or a bus: what is known without, none is started, and no noise") {
  test::PrivateBus bus;
  ::setenv("XDG_CONFIG_HOME", bus.folder().c_str(), 1);
  // One that could be started, and would tell.
  std::ofstream(bus.folder() + "/v.service")
      << "[D-BUS Service]\nName=org.geminivoice.Voice1\nExec=/usr/bin/touch " << bus.folder()
      << "/started\n";
  const Outcome requests = run({"complete", "--", "approve", ""});
  CHECK(requests.exit == 0);
  CHECK(requests.out.empty());
  CHECK(requests.err.empty());
  fs::create_directories(bus.folder() + "/gemini-voiced");
  std::ofstream(bus.folder() + "/gemini-voiced/config.yaml")
      << "profiles: {cook: {description: For the kitchen}}\n";
  CHECK(offers([] {
    return run({"complete", "--", "start", "--profile", "co"}).out == "cook\tFor the kitchen\n";
  }));
  CHECK_FALSE(fs::exists(bus.folder() + "/started"));
  bus.kill();
  CHECK(offers([] {
    return run({"complete", "--", "start", "-p", "co"}).out == "cook\tFor the kitchen\n";
  }));
  CHECK(run({"complete", "--", "fly", ""}).out.empty());
  CHECK(run({"completions", "tcsh"}).exit == 2);
}

TEST_CASE("a daemon that does not answer is not waited for") {
  World w;
  std::promise<void> go_on;
  w.service.on_loop([&] {
    w.service.control.on_call = [&go_on](const std::string& call) {
      if (call == "profiles") go_on.get_future().wait();
    };
  });
  const auto begin = std::chrono::steady_clock::now();
  const Outcome o = run({"complete", "--", "start", "--profile", ""});
  CHECK(o.exit == 0);
  CHECK(o.err.empty());
  CHECK(std::chrono::steady_clock::now() - begin < patience);
  go_on.set_value();
}
