// Push-to-talk: every sample of a press reaches the service between its marks, and no activity is
// left open, whatever becomes of the key.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>

#include <doctest/doctest.h>

#include "tests/e2e/support/by_key.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

constexpr int expected_end = 1000;  // close code

std::int64_t first_at(const Stage& stage, const std::string& event, const char* kind = nullptr) {
  for (const json::object& line : stage.sim->events()) {
    if (line.at("event").as_string() != event) continue;
    if (kind == nullptr || line.at("what").as_string() == kind) return t_ns(line);
  }
  return 0;
}

StageOptions slow_service(int setup_delay_ms) {
  StageOptions options;  // with the shipped profile, whose turns are automatic
  options.sim = {"--answer=none"};
  options.script = R"([{"on": "connect", "do": "set", "setup_delay_ms": )" +
                   std::to_string(setup_delay_ms) + "}]";
  return options;
}

void tap(Stage& stage, milliseconds length) {
  stage.voice->talk(true);
  hold(length);
  stage.voice->talk(false);
}

void stop(Stage& stage) {
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  const json::object closed = stage.sim->wait_for("close");
  CHECK(closed.at("code").to_number<int>() == expected_end);
}

}  // namespace

TEST_CASE("a key pressed half a second before there is a connection loses no sample of speech") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(slow_service(1000));
    Microphone microphone(*stage.bed);
    const std::int64_t pressed = now_ns();
    stage.voice->talk(true);
    stage.voice->wait_for_property("CaptureOpen", true);
    const Samples said = speech(2.5, microphone.rate(), 61);
    const std::size_t phrase = microphone.say(said);
    wait_until_heard(microphone, phrase, said.size());
    stage.voice->talk(false);
    stage.sim->wait_for("activity_end");
    const std::int64_t ready = first_at(stage, "sent", "setup_complete");
    const double early_ms = static_cast<double>(ready - microphone.time_of(phrase, 0)) / 1e6;
    const double got = heard(stage, microphone, said);
    MESSAGE("spoken " << early_ms << " ms before the connection was up; heard: " << got);
    if ((got <= 0.98 || early_ms < 500) && attempts.spoilt()) continue;
    CHECK(ready - pressed >= 500'000'000);
    CHECK(early_ms > 500);
    CHECK(got > 0.98);
    CHECK(activities(stage, 1) == "(.)");
    const json::object setup = stage.sim->wait_for("setup").at("setup").as_object();
    const json::object& input = setup.at("realtime_input_config").as_object();
    CHECK(input.at("automatic_activity_detection").as_object().at("disabled").as_bool());
    CHECK(input.at("turn_coverage").as_string() == "TURN_INCLUDES_ALL_INPUT");
    stop(stage);
    break;
  }
}

TEST_CASE("a press that is over before there is a connection is heard whole, and answered") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = slow_service(2500);
    options.sim = {};
    options.answer = tone(0.5, 24000, 440);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    Microphone microphone(*stage.bed);
    stage.voice->talk(true);
    stage.voice->wait_for_property("CaptureOpen", true);
    const Samples said = speech(0.8, microphone.rate(), 62);
    const std::size_t phrase = microphone.say(said);
    wait_until_heard(microphone, phrase, said.size());
    stage.voice->talk(false);
    const std::int64_t released = now_ns();
    const std::int64_t ended = t_ns(stage.sim->wait_for("activity_end"));
    const std::int64_t ready = first_at(stage, "sent", "setup_complete");
    const double got = heard(stage, microphone, said);
    MESSAGE("heard: " << got);
    if ((got <= 0.98 || ready < released) && attempts.spoilt()) continue;
    CHECK(ready > released);
    CHECK(ended > ready);
    CHECK(got > 0.98);
    CHECK(activities(stage, 1) == "(.)");
    speaker.wait_for_sound();
    stop(stage);
    break;
  }
}

TEST_CASE("taps of 20 ms, repetitions of a held key and a vanished release leave nothing open") {
  Stage stage(by_key());
  stage.start_session();
  hold(milliseconds(200));
  CHECK(stage.sim->count("audio") == 0);  // nothing goes out without the key

  // Nothing is said after it: it ends by itself.
  tap(stage, milliseconds(20));
  stage.sim->wait_for("activity_end");
  CHECK(activities(stage, 1) == "(.)");

  // Two taps: from the first to the second.
  tap(stage, milliseconds(20));
  hold(milliseconds(1000));
  tap(stage, milliseconds(20));
  require("it ends", [&stage] { return stage.sim->count("activity_end") == 2; });

  // X11 and GNOME: release and press every 30 ms. What is sent in between is one activity.
  stage.voice->talk(true);
  hold(milliseconds(500));
  for (int i = 0; i < 30; ++i) {
    stage.voice->talk(false);
    stage.voice->talk(true);
    hold(milliseconds(30));
  }
  CHECK(stage.sim->count("activity_start") == 3);
  CHECK(stage.sim->count("activity_end") == 2);
  stage.voice->talk(false);
  require("it ends", [&stage] { return stage.sim->count("activity_end") == 3; });

  std::size_t ends = 3;
  if (virtual_time()) {  // a minute of virtual time
    stage.voice->talk(true);
    stage.sim->wait_for(
        "activity_end", [](const json::object&) { return true; }, stage.sim->events().size(),
        milliseconds(70'000));
    ++ends;
  }
  stage.voice->talk(true);
  require("it begins", [&stage, ends] { return stage.sim->count("activity_start") == ends + 1; });
  stop(stage);
  CHECK(stage.sim->count("activity_end") == ends + 1);
  CHECK(activities(stage, 1).ends_with(".)"));
}

TEST_CASE("mute with the key down ends the activity; a muted microphone is open for the key") {
  Stage stage(by_key());
  stage.start_session();
  stage.voice->talk(true);
  stage.sim->wait_for("activity_start");
  stage.voice->mute(true);
  stage.sim->wait_for("activity_end");
  stage.voice->wait_for_property("CaptureOpen", false);
  stage.voice->talk(false);
  hold(milliseconds(200));

  stage.voice->talk(true);
  stage.voice->wait_for_property("CaptureOpen", true);
  require("it begins", [&stage] { return stage.sim->count("activity_start") == 2; });
  CHECK_FALSE(stage.voice->property("Muted").as_bool());
  hold(milliseconds(500));
  stage.voice->talk(false);
  require("it ends", [&stage] { return stage.sim->count("activity_end") == 2; });
  stage.voice->wait_for_property("CaptureOpen", false);
  CHECK(stage.voice->property("Muted").as_bool());
  CHECK(activities(stage, 1) == "(.)(.)");
  stop(stage);
}

TEST_CASE("a connection that is lost with the key down: the next one hears all of the press") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(
        by_key(R"([{"on": "audio_ms", "ms": 1500, "conn": 1, "do": "drop", "how": "fin"}])"));
    Microphone microphone(*stage.bed);
    stage.start_session();
    stage.voice->talk(true);
    const Samples said = speech(3, microphone.rate(), 63);
    const std::size_t phrase = microphone.say(said);
    wait_until_heard(microphone, phrase, said.size());
    stage.voice->talk(false);
    stage.sim->wait_for("activity_end");
    const double got = heard(stage, microphone, said);
    MESSAGE("heard: " << got);
    if (got <= 0.98 && attempts.spoilt()) continue;
    CHECK(got > 0.98);
    CHECK(activities(stage, 1) == "(.");
    CHECK(activities(stage, 2) == "(.)");
    stage.voice->stop();
    stage.voice->wait_for_state("idle");
    break;
  }
}

TEST_CASE("key down while the model speaks: silence at once, and the service knows") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = by_key();
    options.sim = {};
    options.answer = speech(4, 24000, 64);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Tell me something.");
    const std::size_t begin = speaker.wait_for_sound();
    stage.voice->wait_for_state("speaking");
    const std::int64_t pressed = now_ns();
    stage.voice->talk(true);
    const std::size_t end = speaker.wait_for_quiet(milliseconds(600), milliseconds(20'000));
    const std::size_t last = end_of_sound(SampleView(speaker.samples()).first(end), 0);
    REQUIRE(last > begin);
    const double ms = static_cast<double>(speaker.time_of(last) - pressed) / 1e6;
    MESSAGE("silent after " << ms << " ms");
    const double limit = stage.bed->exact() ? 2 : 30;
    if (ms > limit && attempts.spoilt()) continue;
    CHECK(ms <= limit);
    stage.sim->wait_for("sent", what("interrupted"));
    hold(milliseconds(400));
    stage.voice->talk(false);
    stage.sim->wait_for("activity_end");
    stop(stage);
    break;
  }
}
