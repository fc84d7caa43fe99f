#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// The real gemini-voicectl against the real service on a private bus.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/ctl_process.hpp"

using namespace gv;
using session::State;
using session::Status;
using test::Ctl;
using test::one_error_line;
using test::Outcome;
using test::patience;
using test::PrivateBus;
using test::run;
using test::ServiceThread;

namespace {

struct World {
  PrivateBus bus;
  ServiceThread service;

  // What the session does when a method is called.
  void script(std::function<void(const std::string& call)> on_call) {
    service.on_loop([this, &on_call] { service.control.on_call = std::move(on_call); });
  }
  void become(const std::function<void(Status&)>& change) {
    service.on_loop([this, &change] { service.control.become(change); });
  }
  test::ScriptedControl& control() { return service.control; }
};

}  // namespace

TEST_CASE("wrong usage is exit 2, and help is on stdout") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"fly"},
                                                {"--fly"},
                                                {"start", "--fly"},
                                                {"start", "x"},
                                                {"say"},
                                                {"--timeout", "0", "start"},
                                                {"--timeout", "x"},
                                                {"transcript", "-n", "-1"},
                                                {"config", "fly"},
                                                {"talk"},
                                                {"talk", "hold"},
                                                {"talk", "press", "release"},
                                                {"start", "--profile"}}) {
    const Outcome o = run(words);
    CHECK(o.exit == 2);
    CHECK(o.out.empty());
    CHECK(one_error_line(o));
  }
  CHECK(run({"--help"}).out.find("mute-toggle") != std::string::npos);
  CHECK(run({"start", "-h"}).out.starts_with("Usage: gemini-voicectl start [--profile P]"));
  CHECK(run({"--version"}).out == "gemini-voicectl " GV_VERSION "\n");
}

TEST_CASE("no daemon, or no bus: exit 3") {
  PrivateBus bus;
  const Outcome o = run({"status"});
  CHECK(o.exit == 3);
  CHECK(o.err.starts_with(
      "gemini-voicectl: status: gemini-voiced is not running and could not be activated ("));
  CHECK(o.err.ends_with("). Try: systemctl --user status gemini-voiced\n"));
  CHECK(run({"--no-start", "mute"}).exit == 3);
  const Outcome quiet = run({"status", "--quiet"});
  CHECK(quiet.exit == 3);
  CHECK(quiet.err.empty());
  CHECK(run({"stop"}).exit == 0);
  CHECK(run({"talk", "release"}).exit == 0);  // nobody listens already
  CHECK(run({"talk", "press"}).exit == 3);
  CHECK(run({"talk", "toggle"}).exit == 3);
  bus.kill();
  CHECK(run({"status"}).exit == 3);
}

TEST_CASE("status, in words, as JSON and by exit code") {
  World w;
  CHECK(run({"status", "-q"}).exit == 1);
  w.become([](Status& s) {
    s = {State::listening,          true, false, true, "id", "tutor", "m",
         session::EchoMode::cancel, {},   true,  true};
  });
  CHECK(run({"status", "--quiet"}).exit == 0);
  CHECK(run({}).out ==
        "State:       listening\nSession:     id\nProfile:     tutor\nModel:       m\n"
        "Microphone:  closed (muted)\nSpeaker:     open\nTurns:       push-to-talk (talking)\n"
        "Echo:        cancel\nVersion:     " GV_VERSION "\n");
  CHECK(run({"--json", "status"}).out ==
        "{\"capture_open\":false,\"echo_mode\":\"cancel\",\"last_error\":{\"name\":\"\","
        "\"message\":\"\"},\"model\":\"m\",\"muted\":true,\"off_the_record\":false,"
        "\"playback_open\":true,"
        "\"profile\":\"tutor\",\"session_id\":\"id\",\"state\":\"listening\","
        "\"talking\":true,\"turn_taking\":\"push-to-talk\","
        "\"version\":\"" GV_VERSION "\"}\n");
}

TEST_CASE("simple verbs call their method; lists print") {
  World w;
  std::vector<std::string> calls;
  w.script([&calls](const std::string& call) {
    if (call != "status") calls.push_back(call);
  });
  CHECK(run({"mute"}).exit == 0);
  CHECK(run({"mute-toggle"}).out == "unmuted\n");
  CHECK(run({"interrupt"}).exit == 0);
  CHECK(run({"talk", "press"}).exit == 0);
  CHECK(run({"talk", "release"}).out.empty());
  CHECK(run({"--json", "talk", "toggle"}).out == "{\"done\":true}\n");
  CHECK(run({"say", "hi", "--there"}).exit == 0);
  CHECK(run({"--json", "say", "x"}).out == "{\"turn\":7}\n");
  CHECK(run({"stop", "--forget"}).exit == 0);
  CHECK(run({"start", "--no-wait", "--profile=tutor", "--off-the-record"}).exit == 0);
  CHECK(run({"reload"}).out == "audio.period: takes effect with the next session\n");
  CHECK(run({"--json", "devices"})
            .out.starts_with("{\"direction\":\"capture\",\"name\":\"default\",\"description\":"
                             "\"Default microphone\"}\n"));
  CHECK(run({"profiles"}).out.starts_with("assistant       Everyday help\n"));
  const std::vector<std::string> expected{"mute",
                                          "unmute",
                                          "interrupt",
                                          "talk press",
                                          "talk release",
                                          "talk press",
                                          "talk release",
                                          "send_text hi --there",
                                          "send_text x",
                                          "stop forget",
                                          "start tutor off the record",
                                          "reload",
                                          "devices",
                                          "profiles"};
  CHECK(calls == expected);
}

TEST_CASE("errors of the daemon become exit codes and one line") {
  World w;
  const std::vector<std::pair<Error, int>> table{
      {Error::no_api_key, 7},       {Error::auth_failed, 7}, {Error::device_unavailable, 8},
      {Error::config_invalid, 6},   {Error::busy, 5},        {Error::budget_exceeded, 5},
      {Error::invalid_argument, 2}, {Error::not_running, 1}, {Error::network_unavailable, 1},
      {Error::quota_exceeded, 5},   {Error::tool_denied, 5}, {Error::protocol_error, 1}};
  for (const auto& [error, exit] : table) {
    w.script([failure = error](const std::string& call) {
      if (call == "interrupt") throw FailureError(failure, "this failed, for a reason.");
    });
    const Outcome o = run({"interrupt"});
    CHECK(o.exit == exit);
    CHECK(o.err.starts_with("gemini-voicectl: interrupt: this failed, for a reason"));
  }
}

TEST_CASE("a talk key that cannot start a session says why") {
  World w;
  w.script([](const std::string& call) {
    if (call.starts_with("talk press")) throw FailureError(Error::no_api_key, "no key was found.");
  });
  const Outcome o = run({"talk", "press"});
  CHECK(o.exit == 7);
  CHECK(o.err.starts_with("gemini-voicectl: talk: no key was found"));
  CHECK(run({"talk", "toggle"}).exit == 7);
  CHECK(run({"talk", "release"}).exit == 0);
}

TEST_CASE("start waits until the session listens, or tells why it failed") {
  World w;
  SUBCASE("listens") {
    w.script([&w](const std::string& call) {
      if (call != "start ") return;
      w.control().become([](Status& s) { s.state = State::connecting; });
      w.control().become([](Status& s) { s.state = State::listening; });
    });
    const Outcome o = run({"start"});
    CHECK(o.exit == 0);
    CHECK(o.out.empty());
    // It may go by the key, and would not hear who just speaks.
    w.become([](Status& s) { s.by_key = true; });
    CHECK(run({"start"}).out.find("gemini-voicectl talk") != std::string::npos);
    CHECK(run({"--json", "start"}).out == "{\"session_id\":\"\"}\n");
  }
  SUBCASE("fails after it was accepted") {
    w.script([&w](const std::string& call) {
      if (call != "start ") return;
      w.control().now.last_error = {Error::auth_failed, "the key was refused."};
      w.control().observer->error_occurred(w.control().now.last_error);
      w.control().observer->session_ended(session::EndReason::error, "refused");
    });
    const Outcome o = run({"start"});
    CHECK(o.exit == 7);
    CHECK(o.err == "gemini-voicectl: start: the key was refused. Try: another API key\n");
  }
  SUBCASE("never gets anywhere") {
    const Outcome o = run({"--timeout", "0.3", "start"});
    CHECK(o.exit == 4);
    CHECK(one_error_line(o));
  }
}

TEST_CASE("ask prints the answer alone, and ends only a session of its own") {
  World w;
  std::vector<std::string> calls;
  bool fails = false;
  w.script([&](const std::string& call) {
    if (call == "status") return;
    calls.push_back(call);
    if (call == "start ") w.control().become([](Status& s) { s.state = State::listening; });
    if (!call.starts_with("send_text")) return;
    session::Observer& o = *w.control().observer;
    if (fails) return o.error_occurred({Error::network_unavailable, "the line is dead."});
    o.transcript_completed(6, session::Role::model, "an older turn", {});
    o.transcript_completed(7, session::Role::user, "how much?", {});
    o.transcript_completed(7, session::Role::model, "42", {});
  });
  const Outcome first = run({"ask", "how", "much?"});
  CHECK(first.exit == 0);
  CHECK(first.out == "42\n");
  CHECK(calls == std::vector<std::string>{"start ", "send_text how much?", "stop"});
  calls.clear();
  CHECK(run({"ask", "again"}).out == "42\n");  // still listening: not its own
  CHECK(calls == std::vector<std::string>{"send_text again"});
  fails = true;
  const Outcome failed = run({"ask", "x"});
  CHECK(failed.exit == 1);
  CHECK(failed.out.empty());
  CHECK(failed.err.find("the line is dead") != std::string::npos);
}

TEST_CASE("watch tells the state, every change, and survives a restart") {
  World w;
  Ctl watch({"watch"});
  REQUIRE(watch.says("state: idle\n"));
  REQUIRE(watch.says("version: " GV_VERSION "\n"));
  w.become([](Status& s) { s.state = State::listening; });
  REQUIRE(watch.says("state: listening\n"));
  w.service.stop_service();
  REQUIRE(watch.says("daemon: not running\n"));
  w.become([](Status& s) { s.state = State::idle; });
  w.service.start_service();
  REQUIRE(watch.says("daemon: running\n"));
  REQUIRE(watch.says("state: idle\n"));
  w.become([](Status& s) { s.muted = true; });
  REQUIRE(watch.says("muted: true\n"));
  SUBCASE("ends cleanly on SIGTERM") {
    watch.signal(SIGTERM);
  }
  SUBCASE("ends cleanly on SIGINT") {
    watch.signal(SIGINT);
  }
  SUBCASE("ends when nobody reads any more") {
    watch.close_output();
  }
  CHECK(watch.exit_code() == 0);
  CHECK(watch.err.empty());
}

TEST_CASE("watch --captions and --json") {
  World w;
  Ctl captions({"watch", "--captions"});
  Ctl json({"watch", "--json"});
  REQUIRE(captions.says("[idle]\n"));
  REQUIRE(json.says("{\"event\":\"status\",\"capture_open\":false"));
  w.service.on_loop([&w] {
    session::Observer& o = *w.control().observer;
    o.transcript_delta(1, session::Role::model, "good ");
    o.transcript_completed(1, session::Role::user, "hi", {});
    o.transcript_completed(1, session::Role::model, "good \033[31mday", {true, 900});
  });
  REQUIRE(captions.says("You: hi\nGemini: good  [31mday [interrupted]\n"));
  REQUIRE(json.says(
      "{\"event\":\"transcript_delta\",\"turn\":1,\"role\":\"model\",\"text\":\"good \"}\n"));
  REQUIRE(json.says("\"details\":{\"heard_ms\":900,\"interrupted\":true}}\n"));
}

TEST_CASE("config: init, check, show, path") {
  PrivateBus folder;  // for its temporary folder alone
  const std::string file = folder.folder() + "/sub/config.yaml";
  ::setenv("GEMINI_VOICE_CONFIG", file.c_str(), 1);
  CHECK(run({"config", "path"}).out == file + "\n");
  CHECK(run({"config", "init"}).exit == 0);
  CHECK(run({"config", "check"}).out == file + ": valid\n");
  CHECK(run({"config", "init"}).exit == 5);
  CHECK(run({"config", "show"}).out.find("default_profile: assistant") != std::string::npos);
  const std::string bad = folder.folder() + "/bad.yaml";
  const int fd = ::open(bad.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::write(fd, "fly: 1\nswim: 2\n", 15) == 15);
  ::close(fd);
  const Outcome o = run({"config", "check", bad});
  CHECK(o.exit == 6);
  CHECK(o.err.starts_with(bad + ":1:1: fly: "));
  CHECK(o.err.find("gemini-voicectl: config check: " + bad + " has 2 mistakes. Try: ") !=
        std::string::npos);
  ::unsetenv("GEMINI_VOICE_CONFIG");
}
