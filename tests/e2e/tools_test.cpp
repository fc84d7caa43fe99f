// Commands as tools: real children, the service's word on every call, and what goes wrong.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/pcm.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// commands: YAML below tools.commands, indented by four blanks.
StageOptions with_tools(const std::string& names, const std::string& commands, const Calls& calls,
                        const std::string& profile = {}) {
  StageOptions options;
  options.script = calls.script();
  options.daemon.more = "profiles:\n  assistant:\n    tools: [" + names + "]\n" + profile +
                        "tools:\n  approval_timeout: 5s\n  commands:\n" + commands;
  return options;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// What the system needs for it.
double bare_run_ms() {
  const std::int64_t begin = now_ns();
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::execlp("true", "true", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return static_cast<double>(now_ns() - begin) / 1e6;
}

}  // namespace

TEST_CASE("a command runs with what the model gave, and everybody hears of it") {
  Calls calls;
  calls.at_text("shout", {{"word", "hey you"}, {"times", 2}});
  Stage stage(with_tools("shout",
                         "    shout:\n"
                         "      description: Shouts\n"
                         "      parameters:\n"
                         "        word: {type: string}\n"
                         "        times: {type: integer, minimum: 1, maximum: 3}\n"
                         "      argv: [printf, \"%s\", \"{word}!{times}\"]\n"
                         "      approval: allow\n"
                         "      blocking: true\n",
                         calls));
  stage.start_session();
  const json::object declared = setup_of(stage, 1).at("tools").at(0).as_object();
  const json::object function = declared.at("function_declarations").at(0).as_object();
  CHECK(function.at("name").as_string() == "shout");
  CHECK(function.at("behavior").as_string() == "BLOCKING");
  CHECK(function.contains("parameters_json_schema"));

  const json::object answer = call(stage, 1);
  CHECK(answer.at("name").as_string() == "shout");
  CHECK(output_of(answer) == "hey you!2");
  stage.voice->wait_for_state("listening", milliseconds(20'000));
  const auto called = told(stage, "ToolCalled");
  REQUIRE(called.size() == 1);
  CHECK(called[0].at(0).as_string() == "fc-1");
  CHECK(called[0].at(1).as_string() == "shout");
  CHECK(json::parse(called[0].at(2).as_string()) == json::parse(R"({"word":"hey you","times":2})"));
  const auto finished = told(stage, "ToolFinished");
  REQUIRE(finished.size() == 1);
  CHECK(has(std::string(finished[0].at(2).as_string()), "hey you!2"));
  // In the transcript it stands between the question and the answer.
  std::vector<std::string> roles;
  for (const json::array& words : told(stage, "TranscriptCompleted"))
    roles.emplace_back(words.at(1).as_string());
  CHECK(std::ranges::find(roles, "tool") != roles.end());
  CHECK_FALSE(has(stage.daemon->log(), "hey you"));
  CHECK(stage.voice->statistics().at("tool_calls").to_number<int>() == 1);
}

TEST_CASE("a command reads what the model gave from its standard input") {
  Calls calls;
  calls.at_text("note", {{"text", "--buy $(milk)"}});
  Stage stage(with_tools("note",
                         "    note: {description: N, parameters: {text: {type: string}}, "
                         "argv: [cat], input: \"{text}\\n\", approval: allow}\n",
                         calls));
  stage.start_session();
  CHECK(output_of(call(stage, 1)) == "--buy $(milk)\n");
}

TEST_CASE("every id of one message is answered") {
  Calls calls;
  calls.at_text("quick", {}, {{"times", 5}});
  Stage stage(with_tools("quick",
                         "    quick: {description: Quick, argv: [echo, done], approval: allow, "
                         "blocking: true}\n",
                         calls));
  stage.start_session();
  stage.voice->say("All of them.");
  for (const char* id : {"fc-1", "fc-1-2", "fc-1-3", "fc-1-4", "fc-1-5"}) {
    CAPTURE(id);
    CHECK(output_of(answer_to(stage, id)) == "done\n");
  }
  check_alive(stage);
}

TEST_CASE("bad input is an error result to the model, and the conversation goes on") {
  Calls calls;
  calls.at_text("no_such_tool")
      .at_text("shout", {{"word", 7}})
      .at_text("shout", {{"word", "x"}, {"invented", true}})
      .at_text("flood")
      .at_text("noise")
      .at_text("endless")
      .at_text("forks")
      .at_text("closes")
      .at_text("missing")
      .at_text("fails")
      .at_text("shout", {{"word", "--help"}});
  Stage stage(with_tools(
      "shout, flood, noise, endless, forks, closes, missing, fails",
      "    shout: {description: S, parameters: {word: {type: string}}, argv: [echo, \"{word}\"], "
      "approval: allow}\n"
      "    flood: {description: F, argv: [head, -c, \"100000000\", /dev/zero], approval: allow, "
      "output_limit: 1000}\n"
      "    noise: {description: N, argv: [head, -c, \"500\", /dev/urandom], approval: allow}\n"
      "    endless: {description: E, argv: [sleep, \"7654\"], approval: allow, time_limit: 300ms}\n"
      "    forks: {description: K, argv: [sh, -c, \"sleep 30 & echo forked\"], approval: allow}\n"
      "    closes: {description: C, argv: [sh, -c, \"exec >&- 2>&-; exit 3\"], approval: allow}\n"
      "    missing: {description: M, argv: [no-such-program-here], approval: allow}\n"
      "    fails: {description: X, argv: [ls, /no/such/folder], approval: allow}\n",
      calls));
  stage.start_session();
  const std::size_t before = memory_kb(stage);
  CHECK(has(error_of(call(stage, 1)), "no such tool"));
  CHECK(has(error_of(call(stage, 2)), "word"));
  CHECK(has(error_of(call(stage, 3)), "invented"));
  const json::object flood = call(stage, 4);
  CHECK(json::serialize(flood).size() < 4000);
  CHECK_FALSE(error_of(call(stage, 5)).empty());
  CHECK_FALSE(error_of(call(stage, 6)).empty());
  CHECK(processes("sleep 7654").empty());
  CHECK(output_of(call(stage, 7)) == "forked\n");
  CHECK(has(error_of(call(stage, 8)), "3"));
  CHECK(has(error_of(call(stage, 9)), "no-such-program-here"));
  CHECK(has(error_of(call(stage, 10)), "/no/such/folder"));
  CHECK_FALSE(error_of(call(stage, 11)).empty());  // an option is no word
  check_alive(stage);
  require_no_zombie(stage);
  if (!programs::sanitized()) CHECK(memory_kb(stage) < before + 8 * 1024);
  CHECK(stage.voice->statistics().at("tool_errors").to_number<int>() >= 8);
}

TEST_CASE("a child sees nothing of the daemon's but what is allowed") {
  Calls calls;
  calls.at_text("env");
  StageOptions options =
      with_tools("env",
                 "    env: {description: E, argv: [env], environment: [GV_ALLOWED, \"GIVEN=1\"], "
                 "approval: allow}\n",
                 calls);
  options.daemon.environment = {{"GV_ALLOWED", "yes"}, {"GV_SECRET", "no"}, {"LANG", "C.UTF-8"}};
  Stage stage(options);
  stage.start_session();
  const std::string seen = output_of(call(stage, 1));
  CHECK(has(seen, "GV_ALLOWED=yes"));
  CHECK(has(seen, "GIVEN=1"));
  CHECK(has(seen, "PATH="));
  for (const char* part :
       {"GV_SECRET", test_key, "GEMINI_API_KEY", "DBUS_SESSION", "NOTIFY_SOCKET"})
    CHECK_FALSE_MESSAGE(has(seen, part), part);
}

TEST_CASE("what is taken back, and what runs at the session's end, is ended with all it started") {
  Calls calls;
  calls.at_text("wait").at_text("wait");
  calls.rule({{"on", "text"}, {"nth", 3}, {"do", "cancel_calls"}});
  Stage stage(with_tools("wait",
                         "    wait: {description: W, argv: [sh, -c, \"sleep 8765 & sleep 8764\"], "
                         "approval: allow, time_limit: 10min}\n",
                         calls));
  const auto waiting = [] { return processes("sleep 876").size(); };
  stage.start_session();
  stage.voice->say("Wait.");
  stage.voice->say("Wait again.");
  require("both run", [&waiting] { return waiting() >= 4; });
  stage.voice->say("Forget it.");
  require("nothing of them runs", [&waiting] { return waiting() == 0; });
  CHECK(stage.sim->count("tool_response") == 0);
  require_no_zombie(stage);
  const auto finished = told(stage, "ToolFinished");
  CHECK(std::ranges::all_of(finished, [](const json::array& arguments) {
    return has(std::string(arguments.at(2).as_string()), "cancelled");
  }));
}

TEST_CASE("the session's end ends what runs") {
  Calls calls;
  calls.at_text("wait");
  Stage stage(with_tools("wait",
                         "    wait: {description: W, argv: [sh, -c, \"trap '' TERM; sleep 5432\"], "
                         "approval: allow, time_limit: 10min}\n",
                         calls));
  stage.start_session();
  stage.voice->say("Wait.");
  require("it runs", [] { return !processes("sleep 5432").empty(); });
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  require("nothing of it runs", [] { return processes("sleep 5432").empty(); });
  require_no_zombie(stage);
}

TEST_CASE(
    "a planned change of connection waits for a tool; answers find the connection that asked") {
  Calls calls;
  calls.at_text("slow");
  calls.rule(
      {{"on", "text"}, {"nth", 1}, {"after_ms", 200}, {"do", "go_away"}, {"time_left_ms", 20'000}});
  Stage stage(with_tools("slow",
                         "    slow: {description: S, argv: [sh, -c, \"sleep 1.5; echo slowly\"], "
                         "approval: allow, blocking: true}\n",
                         calls));
  stage.start_session();
  const json::object answer = call(stage, 1);
  CHECK(output_of(answer) == "slowly\n");
  require(
      "the connection is another one afterwards",
      [&stage] { return stage.voice->statistics().at("handovers").to_number<int>() == 1; },
      milliseconds(30'000));
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  check_alive(stage);
}

namespace {

// The connection is lost while a tool runs that nobody waits for.
StageOptions losing() {
  Calls calls;
  calls.at_text("slow");
  calls.rule({{"on", "text"}, {"nth", 1}, {"after_ms", 400}, {"do", "drop"}, {"how", "reset"}});
  return with_tools("slow",
                    "    slow: {description: S, argv: [sh, -c, \"sleep 2; echo slowly\"], "
                    "approval: allow}\n",
                    calls);
}

}  // namespace

TEST_CASE("an answer to a call that the service's handle knows comes on the next connection") {
  Stage stage(losing());
  stage.start_session();
  // The sim makes its first handle 100 ms after the set-up.
  stage.voice->say("Look it up.");
  stage.sim->wait_for("sent", what("handle"));
  const json::object answered = stage.sim->wait_for(
      "tool_response", [](const json::object&) { return true; }, 0, milliseconds(30'000));
  CHECK(answered.at("conn").to_number<int>() == 2);
  CHECK(has(json::serialize(answered), "slowly"));
  check_alive(stage);
}

TEST_CASE("an answer to a call that it does not know is told in words") {
  Stage stage(losing());
  stage.start_session();
  stage.sim->wait_for("sent", what("handle"));
  stage.voice->say("Look it up.");
  // By its id it would be refused (1007).
  const json::object told_in_words = stage.sim->wait_for(
      "client_content",
      [](const json::object& line) { return has(json::serialize(line), "slowly"); }, 0,
      milliseconds(30'000));
  CHECK(told_in_words.at("conn").to_number<int>() == 2);
  CHECK(stage.sim->count("tool_response") == 0);
  check_alive(stage);
}

TEST_CASE("an old model does not hear the microphone while it waits for a tool") {
  Calls calls;
  calls.at_text("slow");
  StageOptions options =
      with_tools("slow",
                 "    slow: {description: S, argv: [sh, -c, \"sleep 1.5; echo slowly\"], "
                 "approval: allow}\n",
                 calls, "    model: gemini-3.1-flash-live-preview\n");
  options.sim = {"--blocked-audio=close"};
  Stage stage(options);
  Microphone microphone(*stage.bed);
  stage.start_session();
  stage.sim->wait_for("audio");
  CHECK(output_of(call(stage, 1)) == "slowly\n");
  // It would have been closed (1008) by the first sound; and afterwards it hears again.
  CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 0);
  const std::size_t answered = stage.sim->events().size();
  stage.sim->wait_for(
      "audio", [](const json::object&) { return true; }, answered);
}

TEST_CASE("goodbye: the farewell is played to its end, then the session is over") {
  Calls calls;
  calls.rule({{"on", "answer_ms"}, {"ms", 500}, {"do", "tool_call"}, {"name", "end_session"}});
  StageOptions options = with_tools("end_session", "    {}\n", calls);
  options.answer = white_noise(2.0, 24000, 31);
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Goodbye!");
    const BusSignal ended = stage.voice->wait_for_signal(
        "SessionEnded", [](const json::array&) { return true; }, 0, milliseconds(30'000));
    CHECK(ended.arguments.at(0).as_string() == "hung-up");
    speaker.wait_for_quiet(milliseconds(300), milliseconds(20'000));
    const bool whole = stage.bed->exact()
                           ? find_exact(speaker.samples(), options.answer).has_value()
                           : find_similar(speaker.samples(), options.answer).similarity > 0.9;
    if (!whole && attempts.spoilt()) continue;
    CHECK(whole);
    CHECK(stage.voice->state() == "idle");
    break;
  }
}

TEST_CASE("the model may close the microphone") {
  Calls calls;
  calls.at_text("mute_microphone");
  Stage stage(with_tools("mute_microphone", "    {}\n", calls));
  stage.start_session();
  call(stage, 1);
  stage.voice->wait_for_property("Muted", true);
  stage.voice->wait_for_property("CaptureOpen", false);
  check_alive(stage);
}

TEST_CASE("what we add to a command's own time") {
  Calls calls;
  constexpr int times = 20;
  for (int i = 0; i < times; ++i)
    calls.at_text("nothing");
  Stage stage(with_tools(
      "nothing",
      "    nothing: {description: N, argv: [\"true\"], approval: allow, blocking: true}\n", calls));
  stage.start_session();
  std::vector<double> ms;
  for (int i = 1; i <= times; ++i) {
    call(stage, i);
    const auto id = json::string("fc-" + std::to_string(i));
    const json::object asked = stage.sim->wait_for("sent", [&id](const json::object& line) {
      return line.at("what").as_string() == "tool_call" && line.at("id") == id;
    });
    const json::object answered =
        stage.sim->wait_for("tool_response", [&id](const json::object& l) {
          return l.at("response").at("function_responses").at(0).at("id") == id;
        });
    ms.push_back(static_cast<double>(t_ns(answered) - t_ns(asked)) / 1e6);
  }
  std::vector<double> bare;
  for (int i = 0; i < times; ++i)
    bare.push_back(bare_run_ms());
  MESSAGE("a call of /bin/true is answered after " << median(ms) << " ms; a bare one takes "
                                                   << median(bare) << " ms");
  CHECK(median(ms) - median(bare) < 50);
}
