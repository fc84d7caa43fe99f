// gemini-voicectl against the daemon and the service's stand-in: what it prints, how it exits.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/pcm.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

// Far less than ctl's own time limit: what ends by that limit is not quick.
constexpr milliseconds quick{6'000};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{programs::ctl(), "--timeout=15"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Environment environment(const Stage& stage) {
  Environment all = stage.bed->environment();
  all.merge(stage.bus.environment());
  return all;
}

Result ctl(const Stage& stage, const std::vector<std::string>& arguments) {
  return run(command(arguments), environment(stage), milliseconds(20'000));
}

// Done, and nothing said on stderr: what it printed.
std::string done(const Stage& stage, const std::vector<std::string>& arguments) {
  const Result result = ctl(stage, arguments);
  CAPTURE(json::serialize(json::value_from(arguments)));
  CHECK_MESSAGE(result.status == 0, result.errors);
  CHECK(result.errors.empty());
  return result.output;
}

void check_one_line(const Result& result) {
  CHECK(result.output.empty());
  CHECK_MESSAGE(result.errors.starts_with("gemini-voicectl: "), result.errors);
  CHECK_MESSAGE(std::ranges::count(result.errors, '\n') == 1, result.errors);
  CHECK(result.errors.ends_with('\n'));
}

// Fails with this exit code and one line on stderr, which is returned.
std::string failed(const Stage& stage, const std::vector<std::string>& arguments, int code) {
  const Result result = ctl(stage, arguments);
  CAPTURE(json::serialize(json::value_from(arguments)));
  CHECK_MESSAGE(result.status == code, result.errors);
  check_one_line(result);
  return result.errors;
}

json::object status(const Stage& stage) {
  return json::parse(done(stage, {"--json", "status"})).as_object();
}

}  // namespace

TEST_CASE("start, status, mute, unmute, toggle and stop") {
  Stage stage;
  CHECK(has(done(stage, {"status"}), "idle"));
  CHECK(ctl(stage, {"status", "--quiet"}).status == 1);

  done(stage, {"start"});
  CHECK(stage.voice->state() == "listening");  // start has waited for it
  const json::object running = status(stage);
  CHECK(running.at("state").as_string() == "listening");
  CHECK(running.at("session_id") == stage.voice->property("SessionId"));
  const Result quiet = ctl(stage, {"status", "--quiet"});
  CHECK(quiet.status == 0);
  CHECK(quiet.output.empty());
  CHECK(quiet.errors.empty());
  CHECK(has(done(stage, {}), "listening"));
  done(stage, {"start"});
  CHECK(stage.sim->count("connect") == 1);

  stage.voice->wait_for_property("CaptureOpen", true);
  done(stage, {"mute"});
  stage.voice->wait_for_property("CaptureOpen", false);
  done(stage, {"mute"});
  CHECK(status(stage).at("muted").as_bool());
  done(stage, {"unmute"});
  stage.voice->wait_for_property("CaptureOpen", true);
  CHECK_FALSE(status(stage).at("muted").as_bool());

  CHECK(done(stage, {"toggle"}) == "stopped\n");
  stage.voice->wait_for_state("idle");
  CHECK(ctl(stage, {"status", "--quiet"}).status == 1);
  CHECK(done(stage, {"toggle"}) == "started\n");
  stage.voice->wait_for_state("listening");
  done(stage, {"stop"});
  stage.voice->wait_for_state("idle");
  done(stage, {"stop"});
  require("the microphone is free", [&stage] { return !stage.bed->capture_in_use(); });
  CHECK(stage.sim->count("connect") == 2);
}

TEST_CASE("a start that comes right after a stop is not ended by the session before") {
  Stage stage;
  done(stage, {"start"});
  for (int i = 0; i < 10; ++i) {
    done(stage, {"stop"});
    done(stage, {"start"});
    CHECK(stage.voice->state() == "listening");
  }
}

TEST_CASE("say, then transcript and statistics tell of it") {
  Stage stage;
  done(stage, {"start"});
  done(stage, {"say", "Is", "anybody", "there?"});
  CHECK(stage.sim->wait_for("text").at("text").as_string() == "Is anybody there?");
  stage.voice->wait_for_signal("TurnCompleted");
  stage.voice->wait_for_state("listening");
  const std::string transcript = done(stage, {"transcript"});
  CHECK(has(transcript, "You: Is anybody there?\n"));
  CHECK(has(transcript, "Gemini: You wrote: Is anybody there?\n"));
  const std::string newest = done(stage, {"transcript", "-n", "1"});
  CHECK(std::ranges::count(newest, '\n') == 1);
  CHECK(has(newest, "Gemini: "));
  const json::object statistics = json::parse(done(stage, {"--json", "statistics"})).as_object();
  CHECK(statistics.at("connects").to_number<int>() == 1);
  CHECK(statistics.at("audio_out_ms").to_number<double>() > 0);
  CHECK(has(done(stage, {"statistics"}), "connects"));
}

TEST_CASE("profiles and devices are those of the daemon") {
  StageOptions options;
  options.daemon.more = "profiles:\n  mine:\n    description: All my own\n";
  const Stage stage(options);
  const std::string profiles = done(stage, {"profiles"});
  for (const char* name : {"assistant", "tutor", "support", "captions", "mine"})
    CHECK_MESSAGE(has(profiles, name), profiles);
  CHECK(has(profiles, "All my own"));
  const std::string devices = done(stage, {"devices"});
  CHECK_MESSAGE(has(devices, "capture "), devices);
  CHECK_MESSAGE(has(devices, "playback "), devices);
  CHECK_MESSAGE(has(devices, on_kernel() ? "CARD=Mic" : "pulse"), devices);
}

TEST_CASE("ask prints the answer alone, in a session of its own") {
  Stage stage;
  CHECK(done(stage, {"ask", "What", "is it?"}) == "You wrote: What is it?\n");
  stage.voice->wait_for_state("idle");
  require("the microphone is free", [&stage] { return !stage.bed->capture_in_use(); });
  // A session that ran before goes on.
  done(stage, {"start"});
  CHECK(done(stage, {"ask", "And now?"}) == "You wrote: And now?\n");
  stage.voice->wait_for_state("listening");
  CHECK(stage.sim->count("connect") == 2);
}

TEST_CASE("ask while another text is being answered") {
  StageOptions options;
  options.sim = {"--think=1500"};
  Stage stage(options);
  done(stage, {"start"});
  for (int i = 0; i < 3; ++i) {
    const std::size_t seen = stage.sim->events().size();
    done(stage, {"say", "The first."});
    stage.sim->wait_for(
        "text", [](const json::object&) { return true; }, seen);
    CHECK(stage.voice->state() == "thinking");
    CHECK(done(stage, {"ask", "The second."}) == "You wrote: The second.\n");
    stage.voice->wait_for_state("listening");
  }
}

TEST_CASE("two that ask at once: each has its own answer or fails at once") {
  StageOptions options;
  options.sim = {"--think=1500"};
  Stage stage(options);
  done(stage, {"start"});
  Process first(command({"ask", "The first."}), environment(stage));
  stage.sim->wait_for("text");
  Process second(command({"ask", "The second."}), environment(stage));
  const std::optional<int> first_status = first.wait(quick);
  const std::optional<int> second_status = second.wait(quick);
  REQUIRE(first_status);
  REQUIRE(second_status);
  CHECK(*second_status == 0);
  CHECK(second.output() == "You wrote: The second.\n");
  if (*first_status == 0) {
    CHECK(first.output() == "You wrote: The first.\n");
  } else {
    CHECK(*first_status == 1);
    check_one_line({*first_status, first.output(), first.errors()});
  }
}

TEST_CASE("ask where the service ends the turn without an answer") {
  for (const std::string kind : {"rejected", "empty"}) {
    CAPTURE(kind);
    StageOptions options;
    options.script = R"([{"on":"text","do":"set","next":")" + kind + R"("}])";
    Stage stage(options);
    done(stage, {"start"});
    Process asking(command({"ask", "Say nothing."}), environment(stage));
    const std::optional<int> ended = asking.wait(quick);
    REQUIRE(ended);
    CHECK(*ended == 1);
    check_one_line({*ended, asking.output(), asking.errors()});
    // The next one is answered.
    CHECK(done(stage, {"ask", "And now?"}) == "You wrote: And now?\n");
  }
}

TEST_CASE("exit 7: no key, and one that the service refuses") {
  StageOptions without;
  without.daemon.api_key = "";
  CHECK(has(failed(Stage(without), {"start"}, 7), "GEMINI_API_KEY"));
  StageOptions wrong;
  wrong.sim = {"--key=another-key-0123456789"};
  const Stage stage(wrong);
  for (const std::string verb : {"start", "ask"}) {
    std::vector<std::string> words{verb};
    if (words.front() == "ask") words.emplace_back("Hello?");
    const std::string errors = failed(stage, words, 7);
    CHECK_FALSE(has(errors, test_key));
  }
}

TEST_CASE("exit 1: a retired model, nothing that listens") {
  StageOptions retired;
  retired.daemon.more = "profiles:\n  old:\n    model: gemini-2.0-flash-exp\n";
  CHECK(has(failed(Stage(retired), {"start", "--profile", "old"}, 1), "gemini-2.0-flash-exp"));
  StageOptions nowhere;
  nowhere.daemon.endpoint = "wss://" + Sim::host() + ":1";
  CHECK(has(failed(Stage(nowhere), {"start"}, 1), "Connection refused"));
}

TEST_CASE("exit 8: no such device") {
  StageOptions options;
  options.daemon.capture_device = "hw:NoSuchCard";
  CHECK(has(failed(Stage(options), {"start"}, 8), "hw:NoSuchCard"));
}

TEST_CASE("exit 6: reloading a bad file, and the old configuration stays") {
  const Stage stage;
  const std::string good = read_file(stage.daemon->config_file());
  write_file(stage.daemon->config_file(), good + "profiles:\n  mine: {vioce: Puck}\n");
  CHECK(has(failed(stage, {"reload"}, 6), "vioce"));
  CHECK_FALSE(has(done(stage, {"profiles"}), "mine"));
  done(stage, {"start"});
  CHECK(stage.sim->count("connect") == 1);

  // A good one is taken, and it is told what waits for the next session.
  write_file(stage.daemon->config_file(), good + "profiles:\n  mine: {voice: Puck}\n");
  const std::string waiting = done(stage, {"reload"});
  CHECK_MESSAGE(has(waiting, "profiles"), waiting);
  CHECK(has(done(stage, {"profiles"}), "mine"));
}

TEST_CASE("exit 3: no daemon, and none that the bus could start; exit 2: wrong usage") {
  const SessionBus bus;
  for (const std::string verb : {"start", "status", "toggle", "mute", "statistics"}) {
    CAPTURE(verb);
    const Result result = run(command({verb}), bus.environment());
    CHECK(result.status == 3);
    check_one_line(result);
  }
  const Result quiet = run(command({"status", "--quiet"}), bus.environment());
  CHECK(quiet.status == 3);
  CHECK(quiet.errors.empty());
  CHECK(run(command({"stop"}), bus.environment()).status == 0);  // there is nothing to stop
  for (const std::string verb : {"frobnicate", "ask"}) {
    CAPTURE(verb);
    const Result result = run(command({verb}), bus.environment());
    CHECK(result.status == 2);
    check_one_line(result);
  }
}
