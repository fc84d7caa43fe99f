// A session in which nobody says anything ends by itself, and is a pause like any other.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

StageOptions short_patience() {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.daemon.more =
      "session:\n  idle_timeout: 2s\n"
      "profiles:\n  assistant: {}\n  other: {}\n";
  return options;
}

// Until the session has ended for want of words, which nobody has to know as a fault.
void fall_silent(Stage& stage) {
  const std::size_t seen = stage.voice->signals().size();
  const BusSignal ended = stage.voice->wait_for_signal(
      "SessionEnded", [](const json::array&) { return true; }, seen);
  CHECK(ended.arguments.at(0).as_string() == "idle");
  CHECK(stage.voice->state() == "idle");
  CHECK(stage.voice->property("CaptureOpen") == json::value(false));
  CHECK(stage.voice->property("PlaybackOpen") == json::value(false));
  CHECK(errors(stage) == 0);
  CHECK(last_error(stage).empty());
}

Result ctl(const Stage& stage, const std::vector<std::string>& arguments) {
  std::vector<std::string> command{programs::ctl()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command, stage.bus.environment());
}

}  // namespace

TEST_CASE("a silent session ends as idle, so long after the last word was heard") {
  StageOptions options = short_patience();
  options.answer = speech(4, 24000, 801);  // longer than the patience
  Stage stage(options);
  stage.start_session();
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Tell me something long.");
  const std::int64_t heard =
      stage.voice
          ->wait_for_signal(
              "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000))
          .received_ns;
  fall_silent(stage);
  const std::int64_t ended = stage.voice->wait_for_signal("SessionEnded").received_ns;
  const double ms = static_cast<double>(ended - heard) / 1e6;
  MESSAGE("ended " << ms << " ms after the answer");
  CHECK(ms > 1500);  // the bus and the test may be late, for the first signal too
  if (virtual_time()) CHECK(ms < 2200);
  CHECK(stage.sim->wait_for("close").at("code").to_number<int>() == 1000);
}

TEST_CASE("the next start goes on with the conversation, and tells it nothing twice") {
  Stage stage(short_patience());
  stage.start_session();
  CHECK_FALSE(resumed(setup_of(stage, 1)));
  talk(stage, "My name is Ada.");
  fall_silent(stage);
  for (int connection = 2; connection <= 3; ++connection) {
    stage.start_session();
    CHECK(resumed(setup_of(stage, connection)));
    fall_silent(stage);
  }
  CHECK(stage.sim->count("text") == 1);
  CHECK(stage.sim->count("client_content") == 0);
  CHECK(stage.sim->count("connect") == 3);
}

TEST_CASE("it belongs to its profile") {
  Stage stage(short_patience());
  stage.start_session();
  talk(stage, "My name is Ada.");
  fall_silent(stage);
  stage.voice->start("other");
  CHECK_FALSE(resumed(setup_of(stage, 2)));
  fall_silent(stage);
  CHECK(stage.sim->count("client_content") == 0);
  stage.start_session();
  CHECK(resumed(setup_of(stage, 3)));
}

TEST_CASE("after stop --forget the next start knows nothing of it") {
  Stage stage(short_patience());
  stage.start_session();
  talk(stage, "My name is Ada.");
  fall_silent(stage);
  const Result forgotten = ctl(stage, {"stop", "--forget"});
  CHECK_MESSAGE(forgotten.status == 0, forgotten.errors);
  stage.start_session();
  CHECK_FALSE(resumed(setup_of(stage, 2)));
  talk(stage, "What is my name?");
  CHECK(stage.sim->count("client_content") == 0);
}
