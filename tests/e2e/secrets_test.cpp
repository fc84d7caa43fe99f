// The key, from every source that there is, and the handle of the conversation: nobody else gets
// to see them, wherever one looks. And the first run, after which the key is where it belongs.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <atomic>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/monitor.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/signals.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/keyring.hpp"
#include "tests/support/terminal.hpp"

using namespace gv::e2e;
namespace fs = std::filesystem;

namespace {

constexpr const char* secret_key = "AIzaSyNobodyShallSeeThisKey0123456789ab";
constexpr const char* handle = "CihIYW5kbGVUaGF0Tm9ib2R5U2hhbGxTZWU";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Looks at the command lines of all processes, and at what those get that the daemon starts, for as
// long as it lives.
class Lookout {
 public:
  explicit Lookout(pid_t daemon) : daemon_(daemon), thread_([this] { watch(); }) {}
  ~Lookout() {
    ending_ = true;
    thread_.join();
  }
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  std::set<std::string> found() {
    const std::scoped_lock lock(mutex_);
    return found_;
  }
  // The programs that the daemon has started: proof that they were looked at.
  std::set<std::string> children() {
    const std::scoped_lock lock(mutex_);
    return children_;
  }

 private:
  void watch() {
    const std::string daemon_exe = exe_of(std::to_string(daemon_));
    while (!ending_) {
      std::error_code gone;
      for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        const std::string pid = entry.path().filename();
        if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
        look(pid, daemon_exe);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  static std::string read_all(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  static std::string exe_of(const std::string& pid) {
    std::error_code none;
    return fs::read_symlink("/proc/" + pid + "/exe", none);
  }
  static pid_t parent_of(const std::string& pid) {
    const std::string stat = read_all("/proc/" + pid + "/stat");
    const auto end = stat.rfind(')');
    return end == std::string::npos ? 0 : std::atoi(stat.c_str() + end + 4);
  }
  void look(const std::string& pid, const std::string& daemon_exe) {
    const std::string line = read_all("/proc/" + pid + "/cmdline");
    const std::string exe = exe_of(pid);
    // Between fork and exec a child still has what the daemon itself was given.
    const bool child = parent_of(pid) == daemon_ && exe != daemon_exe && !exe.empty();
    const std::string given = child ? read_all("/proc/" + pid + "/environ") : "";
    const std::scoped_lock lock(mutex_);
    if (child) children_.insert(fs::path(exe).filename().string());
    for (const char* secret : {secret_key, handle}) {
      if (holds(line, secret)) found_.insert("command line of " + exe);
      if (holds(given, secret)) found_.insert("environment of " + exe);
    }
  }

  pid_t daemon_;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::set<std::string> found_;
  std::set<std::string> children_;
  std::thread thread_;
};

json::object rule(int connection, int text, json::object action) {
  action["on"] = "text";
  action["conn"] = connection;
  action["nth"] = text;
  return action;
}

// A handle and a tool; an end that quotes the handle, after which the conversation goes on; an end
// that quotes the key.
std::string script() {
  return json::serialize(json::array{
      rule(1, 1,
           {{"do", "send"},
            {"json", {{"sessionResumptionUpdate", {{"newHandle", handle}, {"resumable", true}}}}}}),
      rule(1, 1, {{"do", "set"}, {"next", "none"}}),
      rule(
          1, 1,
          {{"do", "tool_call"}, {"id", "fc-1"}, {"name", "environment"}, {"args", json::object{}}}),
      rule(
          1, 3,
          {{"do", "close"}, {"code", 1008}, {"reason", std::string("session expired: ") + handle}}),
      rule(2, 2,
           {{"do", "close"},
            {"code", 1007},
            {"reason", std::string("API key not valid: ") + secret_key}})});
}

struct Source {
  std::string name;
  DaemonOptions daemon;
  std::string child;  // the program that it takes
};

// folder: for files that hold the key, and nothing else.
std::vector<Source> sources(const TempDir& folder) {
  write_file(folder / "gemini-api-key", std::string(secret_key) + "\n", 0400);
  write_file(folder / "key", secret_key);
  write_file(folder / "command",
             "#!/bin/sh\necho complaint: " + std::string(secret_key) + " >&2\ncat " +
                 (folder / "key").string() + "\n",
             0700);
  // Long enough to be looked at.
  write_file(folder / "tool", "#!/bin/sh\nenv\nexec sleep 0.5\n", 0700);
  DaemonOptions none;
  none.api_key = "";
  std::vector<Source> all(5, {"", none, ""});
  all[0].name = "$GEMINI_API_KEY";
  all[0].daemon.api_key = secret_key;
  all[1].name = "the systemd credential gemini-api-key";
  all[1].daemon.environment["CREDENTIALS_DIRECTORY"] = folder.name().string();
  all[2].name = "the key file";
  all[2].daemon.api = "  key_file: " + (folder / "key").string() + "\n";
  all[3].name = "(api.key_command)";
  all[3].daemon.api = "  key_command: [" + (folder / "command").string() + "]\n";
  all[4].name = "the keyring";
  all[4].daemon.api = "  keyring: true\n";
  all[4].child = "gemini-voice-secret";
  return all;
}

// What a user may look at while a session runs, and where nothing of it belongs.
std::string shown_by_ctl(const Stage& stage) {
  std::string all;
  Environment environment = stage.bus.environment();
  environment["GEMINI_VOICE_CONFIG"] = stage.daemon->config_file().string();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"statistics"},
                                             {"transcript"},
                                             {"profiles"},
                                             {"devices"},
                                             {"reload"},
                                             {"--json", "status"},
                                             {"--json", "statistics"},
                                             {"--json", "transcript"},
                                             {"config", "show"},
                                             {"config", "check"}}) {
    std::vector<std::string> command{programs::ctl()};
    command.insert(command.end(), words.begin(), words.end());
    const Result result = run(command, environment);
    CHECK_MESSAGE(result.status == 0, result.errors);
    all += result.output + result.errors;
  }
  return all;
}

void play(Stage& stage) {
  stage.start_session();
  CHECK_FALSE(output_of(call(stage, 1)).empty());
  stage.voice->wait_for_state("listening");
  talk(stage, "Tell me more.");
  const std::string shown = shown_by_ctl(stage);
  CHECK_FALSE(holds(shown, secret_key));
  CHECK_FALSE(holds(shown, handle));
  stage.voice->say("And now?");
  CHECK(stage.wait_for_error().name == "NetworkUnavailable");
  stage.voice->wait_for_state("speaking");
  stage.voice->wait_for_state("listening");
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Goodbye.");
  CHECK(stage.wait_for_error(seen).name == "AuthFailed");
  stage.voice->wait_for_state("idle");
}

// Files below the folder that hold the text.
std::vector<std::string> files_with(const fs::path& folder, std::string_view text) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && holds(read_file(entry.path()), text))
      found.push_back(entry.path().filename().string());
  }
  return found;
}

}  // namespace

TEST_CASE("whatever the key comes from, nobody sees it, and nobody but the store sees a handle") {
  const TempDir keys;
  const TempDir keyrings;
  for (const Source& source : sources(keys)) {
    CAPTURE(source.name);
    const TempDir state;
    StageOptions options;
    options.script = script();
    options.answer = white_noise(0.5, 24000, 7);
    options.daemon = source.daemon;
    options.daemon.environment["XDG_STATE_HOME"] = state.name().string();
    options.daemon.more =
        "log: {level: debug}\n"
        "profiles: {assistant: {tools: [environment]}}\n"
        "tools: {commands: {environment: {description: Shows it, approval: allow, argv: [" +
        (keys / "tool").string() + "]}}}\n";
    Stage stage(options);
    std::unique_ptr<gv::test::Keyring> keyring;
    if (source.child == "gemini-voice-secret") {
      keyring = std::make_unique<gv::test::Keyring>(keyrings.name(), stage.bus.address(), true);
      Process store({programs::libexec() + "/gemini-voice-secret", "store"},
                    stage.bus.environment(), keys / "key");
      REQUIRE(store.wait() == 0);
    }
    const Monitor monitor(stage.bus);
    Lookout lookout(stage.daemon->process().pid());
    play(stage);
    require("the monitor has seen the end",
            [&monitor] { return holds(monitor.seen(), "SessionEnded"); });

    const std::string log = stage.daemon->log();
    CHECK_MESSAGE(holds(log, "the API key comes from "), log);
    CHECK_MESSAGE(holds(log, source.name), log);
    CHECK(holds(log, "session expired: [handle]"));
    const std::string bus = monitor.seen();
    for (const char* secret : {secret_key, handle}) {
      CAPTURE(secret);
      CHECK_FALSE_MESSAGE(holds(log, secret), log);
      CHECK_FALSE(holds(bus, secret));
    }
    CHECK(lookout.found() == std::set<std::string>{});
    CHECK_FALSE(lookout.children().empty());
    CHECK(files_with(state.name(), secret_key).empty());
    CHECK(files_with(stage.daemon->config_file().parent_path(), secret_key).empty());
    CHECK(files_with(stage.daemon->config_file().parent_path(), handle).empty());
    for (const std::string& file : files_with(state.name(), handle))
      CHECK(file == "handles.json");
  }
}

TEST_CASE("a start that waits for its key can be stopped, and says why it failed") {
  const TempDir folder;
  write_file(folder / "slow", "#!/bin/sh\nsleep 60\n", 0700);
  StageOptions options;
  options.daemon.api_key = "";
  options.daemon.api = "  key_command: [" + (folder / "slow").string() + "]\n";
  Stage stage(options);
  CHECK_FALSE(stage.voice->start().empty());
  CHECK(stage.voice->state() == "connecting");
  stage.voice->wait_for_property("CaptureOpen", true);
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  stage.voice->wait_for_signal("SessionEnded", [](const json::array& arguments) {
    return arguments.at(0).as_string() == "user";
  });
  require("the command is gone", [] { return processes("/slow").empty(); });

  write_file(folder / "slow", "#!/bin/sh\nexit 1\n", 0700);
  const std::size_t seen = stage.voice->signals().size();
  const Result failed = ctl(stage, {"start"});
  CHECK(failed.status == 7);
  CHECK_MESSAGE(holds(failed.errors, "(api.key_command) ended with status 1"), failed.errors);
  CHECK(stage.wait_for_error(seen).name == "NoApiKey");
  stage.voice->wait_for_signal(
      "SessionEnded",
      [](const json::array& arguments) { return arguments.at(0).as_string() == "error"; }, seen);
}

TEST_CASE("the first run: setup on a terminal, then start is all that is typed") {
  const TempDir home;
  const auto bed = make_bed(48000);
  const SessionBus bus;
  Authority authority(home.name());
  const Sim sim(authority.issue(CertificateKind::good), {});
  const fs::path config = home / ".config/gemini-voiced/config.yaml";
  DaemonOptions options;
  options.endpoint = sim.endpoint();
  options.ca_file = authority.file().string();
  fs::create_directories(config.parent_path());
  write_file(config, "# mine\n" + config_text(*bed, options));
  // Where a systemd for the user's services would be, and a systemctl that tells what it was asked.
  fs::create_directories(home / "run/systemd");
  write_file(home / "run/systemd/private", "");
  fs::create_directory(home / "bin");
  write_file(home / "bin/systemctl", "#!/bin/sh\necho \"$@\" >>\"$HOME/asked\"\n", 0700);

  Environment environment = bed->environment();
  environment.merge(bus.environment());
  environment["HOME"] = home.name().string();
  environment["XDG_RUNTIME_DIR"] = (home / "run").string();
  environment["PATH"] = (home / "bin").string() + ":/usr/local/bin:/usr/bin:/bin";
  environment["GV_LIBEXEC_DIR"] = programs::libexec();
  environment["NO_COLOR"] = "1";
  for (const char* name : {"GEMINI_API_KEY", "GOOGLE_API_KEY", "XDG_CONFIG_HOME",
                           "GEMINI_VOICE_CONFIG", "XDG_CONFIG_DIRS"})
    environment[name] = "";
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment)
    variables.push_back(std::string(name).append(1, '=').append(value));

  gv::test::Terminal terminal({programs::ctl(), "setup"}, variables);
  REQUIRE_MESSAGE(terminal.shows("1/5  key:"), terminal.screen);
  terminal.type("\n");
  REQUIRE_MESSAGE(terminal.shows("There is none yet."), terminal.screen);
  REQUIRE(terminal.shows("(it is not shown): "));
  terminal.type(std::string(secret_key) + "\n");
  REQUIRE_MESSAGE(terminal.shows("The key is in "), terminal.screen);
  REQUIRE(terminal.shows("go on"));
  terminal.type("\n");
  REQUIRE(terminal.shows("2/5  devices:"));
  terminal.type("\n");
  REQUIRE_MESSAGE(terminal.shows("dBFS"), terminal.screen);
  terminal.type("\n");  // without a word
  REQUIRE_MESSAGE(terminal.shows("heard next to nothing"), terminal.screen);
  REQUIRE(terminal.shows("another microphone"));
  terminal.type("\n");
  REQUIRE(terminal.shows("r: repeat"));
  terminal.type("r\n");
  REQUIRE(terminal.shows("dBFS"));
  Microphone microphone(*bed);
  microphone.say(speech(2, microphone.rate(), 7));
  REQUIRE_MESSAGE(terminal.shows("mic [####"), terminal.screen);
  terminal.type("\n");
  REQUIRE(terminal.shows("another microphone"));
  terminal.type("\n");
  REQUIRE(terminal.shows("go on"));
  terminal.type("\n");
  REQUIRE_MESSAGE(terminal.shows("3/5  echo:"), terminal.screen);
  terminal.type("s\n");
  REQUIRE(terminal.shows("4/5  hotkey:"));
  terminal.type("\n");
  REQUIRE(terminal.shows("gemini-voicectl bind"));
  REQUIRE(terminal.shows("go on"));
  terminal.type("\n");
  REQUIRE(terminal.shows("5/5  service:"));
  terminal.type("\n");
  REQUIRE_MESSAGE(terminal.shows("is enabled, and runs"), terminal.screen);
  REQUIRE(terminal.shows("[Enter: done"));
  terminal.type("\n");
  REQUIRE(terminal.shows("All set."));
  CHECK(terminal.exit_code() == 0);
  CHECK_FALSE(holds(terminal.screen, secret_key));
  CHECK(read_file(home / "asked") == "--user enable --now gemini-voiced.service\n");
  CHECK(read_file(config).starts_with("# mine\napi:\n  key_file: ~/.config/gemini-voiced/key\n"));

  Process daemon({programs::daemon()}, environment);
  VoiceClient voice(bus);
  require("the daemon holds its bus name", [&voice] { return voice.on_the_bus(); });
  const Result started = run({programs::ctl(), "start"}, environment);
  CHECK_MESSAGE(started.status == 0, (started.errors + daemon.errors()));
  CHECK(voice.state() == "listening");
  daemon.end_for_sanitizers();
}

TEST_CASE("setup without a terminal refuses, with what to do instead") {
  const Result refused = run({programs::ctl(), "setup"});
  CHECK(refused.status == 2);
  CHECK(refused.errors.find("this is no terminal. Try: gemini-voicectl config set-key") !=
        std::string::npos);
  CHECK(run({programs::ctl(), "setup", "kitchen"}).errors.find("there is no step 'kitchen'") !=
        std::string::npos);
}
