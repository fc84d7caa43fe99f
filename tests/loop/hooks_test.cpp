#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// The user's own commands on events, as real children.
#include "daemon/hooks/hooks.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/loop/children.hpp"

using namespace gv;
using namespace std::chrono_literals;
using session::State;

namespace {

struct World {
  test::Folder folder;
  asio::io_context io;
  std::vector<std::string> environment{"PATH=/usr/bin:/bin",
                                       "HOME=" + folder.path,
                                       "DBUS_SESSION_BUS_ADDRESS=unix:path=/here",
                                       "WAYLAND_DISPLAY=wayland-7",
                                       "GEMINI_API_KEY=AIzaSecret1",
                                       "GOOGLE_API_KEY=AIzaSecret2",
                                       "NOTIFY_SOCKET=/run/notify",
                                       "CREDENTIALS_DIRECTORY=/run/credentials",
                                       "GEMINI_VOICE_STATE=old"};
  std::unique_ptr<hooks::Hooks> hooks = std::make_unique<hooks::Hooks>(io, environment);
  config::Hooks wanted;
  session::Status status;

  std::vector<std::string>& argv(std::string_view event) {
    const auto& names = config::hook_names;
    return wanted.argv.at(
        static_cast<std::size_t>(std::find(names.begin(), names.end(), event) - names.begin()));
  }
  // Runs a shell, for the test alone.
  void on(std::string_view event, const std::string& script) {
    argv(event) = {"sh", "-c", script, folder.path};
    hooks->use(wanted);
  }
  void become(State state) {
    status.state = state;
    hooks->status_changed(status);
  }
  void start(const std::string& id) {
    status.session_id = id;
    status.profile = "tutor";
    become(State::connecting);
  }
  std::string file(const std::string& name) const {
    std::ifstream in(folder.path + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void settle() {
    test::run_until(io, [this] { return hooks->running() == 0; });
  }
};

bool has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("a command has what happened in its environment, the desktop's, and no secret") {
  World w;
  w.on("session_ended", "env > \"$0/env\"");
  w.start("s1");
  w.become(State::listening);
  w.status.session_id.clear();
  w.status.profile = "assistant";  // the default, as the status has it between two sessions
  w.become(State::idle);
  w.hooks->session_ended(session::EndReason::hung_up, "some words of somebody");
  w.settle();
  const std::string env = w.file("env");
  for (const char* line :
       {"GEMINI_VOICE_EVENT=session_ended", "GEMINI_VOICE_STATE=idle",
        "GEMINI_VOICE_PREVIOUS_STATE=listening", "GEMINI_VOICE_PROFILE=tutor",
        "GEMINI_VOICE_SESSION=s1", "GEMINI_VOICE_MUTED=false", "GEMINI_VOICE_REASON=hung-up",
        "DBUS_SESSION_BUS_ADDRESS=unix:path=/here", "WAYLAND_DISPLAY=wayland-7"}) {
    CAPTURE(line);
    CHECK(has(env, line));
  }
  for (const char* never : {"AIza", "API_KEY", "NOTIFY_SOCKET", "CREDENTIALS", "words", "=old"}) {
    CAPTURE(never);
    CHECK(env.find(never) == std::string::npos);
  }
}

TEST_CASE("each event at its moment, in order") {
  World w;
  for (const std::string_view event : config::hook_names) {
    w.on(event,
         "echo \"$GEMINI_VOICE_EVENT $GEMINI_VOICE_STATE ${GEMINI_VOICE_ERROR:-}\" >> "
         "\"$0/log\"");
  }
  // One after the other, or two shells may change places.
  const auto then = [&w](const std::string& expected) {
    w.settle();
    const std::string said = w.file("log");
    std::filesystem::remove(w.folder.path + "/log");
    CHECK(said == expected);
  };
  w.status.muted = true;
  w.hooks->status_changed(w.status);
  then("muted idle \n");
  w.status.muted = false;
  w.hooks->status_changed(w.status);
  then("unmuted idle \n");
  w.argv("state_changed").clear();
  w.hooks->use(w.wanted);
  w.start("s1");
  then("session_started connecting \n");
  w.hooks->status_changed(w.status);
  then("");
  w.hooks->error_occurred({Error::device_unavailable, "words"});
  then("error connecting DeviceUnavailable\n");
  w.hooks->escalation_requested(1, "word");
  then("escalation connecting \n");
  w.on("state_changed", "echo \"$GEMINI_VOICE_PREVIOUS_STATE $GEMINI_VOICE_STATE\" >> \"$0/log\"");
  w.become(State::listening);
  then("connecting listening\n");
}

TEST_CASE("a program below the home, and one that is not there") {
  World w;
  {
    std::ofstream script(w.folder.path + "/hook");
    script << "#!/bin/sh\necho ran > \"$HOME/ran\"\n";
  }
  std::filesystem::permissions(w.folder.path + "/hook", std::filesystem::perms::owner_all);
  w.argv("error") = {"/nowhere/at/all"};
  w.argv("muted") = {"~/hook"};
  w.hooks->use(w.wanted);
  w.hooks->error_occurred({Error::busy, ""});
  w.status.muted = true;
  w.hooks->status_changed(w.status);
  w.settle();
  CHECK(w.file("ran") == "ran\n");
}

TEST_CASE("four at once, in order; what is too much is left out, and a new configuration counts") {
  World w;
  w.on("error", "until [ -e \"$0/go\" ]; do sleep 0.01; done; echo x >> \"$0/log\"");
  for (int i = 0; i < 60; ++i)
    w.hooks->error_occurred({Error::busy, ""});
  CHECK(w.hooks->running() == hooks::Hooks::most_running + hooks::Hooks::most_waiting);
  CHECK(test::children_of_ours().size() == hooks::Hooks::most_running);
  w.hooks->use({});
  w.hooks->error_occurred({Error::busy, ""});
  std::ofstream(w.folder.path + "/go") << "\n";
  w.settle();
  CHECK(w.file("log").size() == 2 * (hooks::Hooks::most_running + hooks::Hooks::most_waiting));
}

TEST_CASE("a command that hangs is ended with all of its group, and so are those at our own end") {
  World w;
  w.wanted.time_limit = 3s;
  w.on("error", "sleep 1000 & echo $! > \"$0/pid\"; wait");
  SUBCASE("at its time limit") {
    w.hooks->error_occurred({Error::busy, ""});
    w.settle();
  }
  SUBCASE("with the daemon") {
    w.wanted.time_limit = 10min;
    w.hooks->use(w.wanted);
    w.hooks->error_occurred({Error::busy, ""});
    test::run_until(w.io, [&w] { return !w.file("pid").empty(); });
    w.hooks.reset();
  }
  const pid_t pid = std::stoi(w.file("pid"));
  test::run_until(w.io, [pid] { return test::gone(pid); });
  CHECK(test::children_of_ours().empty());
}
