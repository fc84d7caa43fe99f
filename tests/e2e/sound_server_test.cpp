// The sound server dies, comes back, stands still: the conversation does not notice more of it than
// its devices.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <optional>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// A device that a frozen server does not let go of is taken for closed after 4 s.
constexpr int given_up_ms = 6000;

// When the property was announced to be true, from signal `from` on; CLOCK_MONOTONIC, ns.
std::int64_t announced_open(Stage& stage, const char* property, std::size_t from) {
  return stage.voice
      ->wait_for_signal(
          "PropertiesChanged",
          [property](const json::array& arguments) {
            const json::value* value = arguments.at(1).as_object().if_contains(property);
            return value != nullptr && value->as_bool();
          },
          from)
      .received_ns;
}

// Returns in the middle of a long answer, with no PCM of the test's open.
void hear_beginning(Stage& stage) {
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.voice->say("Tell me something long.");
  speaker.wait_for_sound();
}

void check_one_connection(Stage& stage, std::size_t seen) {
  CHECK(stage.sim->count("connect") == 1);
  CHECK(stage.sim->count("close") == 0);
  CHECK(last_error(stage).empty());
  const std::vector<std::string> states = stage.voice->states();
  for (const char* other : {"idle", "reconnecting"})
    CHECK(std::ranges::count(states, other) == 0);
  // One word about each direction, however often it was tried.
  std::size_t microphone = 0;
  std::size_t speaker = 0;
  for (std::size_t i = seen; i < stage.voice->signals().size(); ++i) {
    const BusSignal& signal = stage.voice->signals()[i];
    if (signal.member != "ErrorOccurred") continue;
    const std::string message(signal.arguments.at(1).as_string());
    MESSAGE(message);
    if (message.find("microphone") != std::string::npos) ++microphone;
    if (message.find("speaker") != std::string::npos) ++speaker;
  }
  CHECK(microphone == 1);
  CHECK(speaker <= 1);
  CHECK(errors(stage, seen) == microphone + speaker);
}

}  // namespace

TEST_CASE("killed in mid-answer and started again: both directions within 2 s, one conversation") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = speech(6, 24000, 501);
    Stage stage(options);
    stage.start_session();
    hear_beginning(stage);
    const std::size_t seen = stage.voice->signals().size();
    stage.bed->kill_server();
    stage.voice->wait_for_property("CaptureOpen", false);
    stage.voice->wait_for_property("PlaybackOpen", false);
    CHECK(last_error(stage) == "DeviceUnavailable");
    CHECK(stage.voice->state() == "speaking");
    const std::size_t lost = stage.voice->signals().size();

    stage.bed->start_server();
    const std::int64_t there = now_ns();
    const SpeakerRecorder speaker(*stage.bed, 24000);
    const std::int64_t back = std::max(announced_open(stage, "CaptureOpen", lost),
                                       announced_open(stage, "PlaybackOpen", lost));
    CHECK(stage.bed->capture_in_use());
    CHECK(stage.bed->playback_in_use());
    const double late_ms = static_cast<double>(back - there) / 1e6;
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));
    const double rest =
        find_similar(speaker.samples(), SampleView(options.answer).last(24000)).similarity;
    const Heard next = ask(stage, options.answer, 502);
    MESSAGE("both directions back after " << late_ms << " ms; the rest of the answer by " << rest
                                          << ", the next question by " << next.question
                                          << ", its answer by " << next.answer);
    const bool good = late_ms <= 2000 && rest > 0.98 && next.question > 0.98 && next.answer > 0.98;
    if (!good && attempts.spoilt()) continue;
    CHECK(late_ms <= 2000);
    CHECK(rest > 0.98);
    CHECK(next.question > 0.98);
    CHECK(next.answer > 0.98);
    check_one_connection(stage, seen);
    break;
  }
}

TEST_CASE("frozen for 6 s in mid-answer: devices given up, back when it thaws, one conversation") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = speech(4, 24000, 503);
    Stage stage(options);
    stage.start_session();
    hear_beginning(stage);
    const std::size_t seen = stage.voice->signals().size();
    const std::int64_t thaw = now_ns() + 6'000'000'000;
    stage.bed->freeze_server();
    stage.voice->wait_for_property("CaptureOpen", false);
    stage.voice->wait_for_property("PlaybackOpen", false);
    CHECK(last_error(stage) == "DeviceUnavailable");
    require("6 s", [thaw] { return now_ns() >= thaw; });
    stage.bed->thaw_server();
    stage.voice->wait_for_property("CaptureOpen", true);
    stage.voice->wait_for_property("PlaybackOpen", true);
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    const Heard next = ask(stage, options.answer, 504);
    const bool good = next.question > 0.98 && next.answer > 0.98;
    if (!good && attempts.spoilt()) continue;
    CHECK(next.question > 0.98);
    CHECK(next.answer > 0.98);
    check_one_connection(stage, seen);
    break;
  }
}

TEST_CASE("frozen while nobody speaks: the conversation goes on when it thaws") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = speech(1.5, 24000, 505);
    Stage stage(options);
    stage.start_session();
    talk(stage, "Hello.");
    const std::int64_t thaw = now_ns() + 6'000'000'000;
    stage.bed->freeze_server();
    require("6 s", [thaw] { return now_ns() >= thaw; });
    CHECK(stage.voice->state() == "listening");
    stage.bed->thaw_server();
    const Heard next = ask(stage, options.answer, 506);
    const bool good = next.question > 0.98 && next.answer > 0.98;
    if (!good && attempts.spoilt()) continue;
    CHECK(next.question > 0.98);
    CHECK(next.answer > 0.98);
    CHECK(stage.voice->property("CaptureOpen") == json::value(true));
    CHECK(stage.voice->property("PlaybackOpen") == json::value(true));
    CHECK(stage.sim->count("connect") == 1);
    CHECK(last_error(stage).empty());
    break;
  }
}

TEST_CASE("frozen: Stop is obeyed, and Start works after the thaw") {
  StageOptions options;
  options.answer = speech(4, 24000, 507);
  Stage stage(options);
  stage.start_session();
  hear_beginning(stage);
  stage.bed->freeze_server();
  stage.voice->wait_for_property("CaptureOpen", false);
  stage.voice->wait_for_property("PlaybackOpen", false);
  const std::int64_t asked = now_ns();
  stage.voice->stop();
  stage.voice->wait_for_signal("SessionEnded");
  const double ms = static_cast<double>(now_ns() - asked) / 1e6;
  MESSAGE("ended after " << ms << " ms");
  CHECK(ms <= given_up_ms);
  CHECK(stage.voice->state() == "idle");
  stage.bed->thaw_server();
  require("the devices are free",
          [&stage] { return !stage.bed->capture_in_use() && !stage.bed->playback_in_use(); });
  stage.start_session();
  talk(stage, "And again.");
}

TEST_CASE("frozen at any moment: Stop is obeyed as soon as the server is given up") {
  struct Row {
    const char* when;
    bool answering;
  };
  for (const Row& row : {Row{"right after an answer", false}, Row{"in mid-answer", true}}) {
    CAPTURE(row.when);
    StageOptions options;
    options.answer = speech(row.answering ? 4 : 1, 24000, 509);
    Stage stage(options);
    stage.start_session();
    if (row.answering) {
      hear_beginning(stage);
    } else {
      talk(stage, "Hello.");
    }
    stage.bed->freeze_server();
    const std::int64_t asked = now_ns();
    stage.voice->stop();
    stage.voice->wait_for_signal("SessionEnded");
    const double ms = static_cast<double>(now_ns() - asked) / 1e6;
    MESSAGE("ended after " << ms << " ms");
    CHECK(ms <= given_up_ms);
    stage.bed->thaw_server();
  }
}

TEST_CASE("frozen right after an answer: both devices are given up, and back after the thaw") {
  StageOptions options;
  options.answer = speech(1, 24000, 510);
  Stage stage(options);
  stage.start_session();
  talk(stage, "Hello.");
  stage.bed->freeze_server();
  stage.voice->wait_for_property("CaptureOpen", false);
  CHECK(last_error(stage) == "DeviceUnavailable");
  stage.bed->thaw_server();
  stage.voice->wait_for_property("CaptureOpen", true);
  talk(stage, "Are you there?");
}

TEST_CASE("frozen: Mute is obeyed") {
  StageOptions options;
  Stage stage(options);
  stage.start_session();
  stage.bed->freeze_server();
  stage.voice->mute(true);
  stage.voice->wait_for_property("CaptureOpen", false, milliseconds(given_up_ms));
}
