// Cards that are unplugged in mid-conversation, and a daemon that is stopped for a while: the
// conversation goes on, on the same connection. Only kernel cards can be unplugged.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>
#include <optional>
#include <string_view>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

constexpr std::string_view speaker_card = "snd_aloop.0";
constexpr std::string_view microphone_card = "snd_aloop.1";

// The kernel waits for the last one to close the card, so this returns when all have let go of it:
// none of the test's own PCMs may be open on it.
bool driver(const char* what, std::string_view card) {
  const std::string file = std::string("/sys/bus/platform/drivers/snd_aloop/") + what;
  const int fd = open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && write(fd, card.data(), card.size()) > 0;
  close(fd);
  return done;
}

void pass(int ms) {
  const std::int64_t end = now_ns() + ms * 1'000'000LL;
  require(
      "time to pass", [end] { return now_ns() > end; }, milliseconds(ms + 10'000));
}

bool closed(const char* status) {
  return read_file(status).starts_with("closed");
}

}  // namespace

TEST_CASE("the speaker's card is unplugged in mid-answer, and comes back" *
          doctest::skip(!on_kernel())) {
  StageOptions options;
  options.answer = speech(15, 24000, 90);
  options.daemon.playback_device = R"(["hw:Speaker,0", "hw:Mic,0,1"])";
  Stage stage(options);
  stage.start_session();
  stage.voice->say("Please go on for a while.");
  stage.voice->wait_for_state("speaking");
  pass(3000);
  const std::size_t seen = stage.voice->signals().size();
  const std::size_t chunks = stage.sim->count("audio");
  REQUIRE(driver("unbind", speaker_card));
  require("the second speaker", [] { return !closed("/proc/asound/Mic/pcm0p/sub1/status"); });
  CHECK(stage.voice->state() == "speaking");
  pass(1000);
  CHECK(stage.sim->count("audio") >= chunks + 20);  // the microphone heard on
  REQUIRE(driver("bind", speaker_card));
  require("the first speaker again", [&stage] { return stage.bed->playback_in_use(); });
  CHECK(closed("/proc/asound/Mic/pcm0p/sub1/status"));
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(30'000));
  stage.voice->wait_for_state("listening");
  CHECK(stage.wait_for_error(seen).name == "DeviceUnavailable");
  CHECK(errors(stage, seen) == 1);
  CHECK(stage.sim->count("connect") == 1);
  CHECK(stage.sim->count("setup") == 1);
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("playback_lost").to_number<int>() == 1);
  CHECK(statistics.at("capture_lost").to_number<int>() == 0);
  CHECK(ask(stage, options.answer, 91).good());
  CHECK(last_error(stage).empty());
}

TEST_CASE("the microphone's card is unplugged in mid-answer, and comes back" *
          doctest::skip(!on_kernel())) {
  StageOptions options;
  options.answer = speech(15, 24000, 92);
  options.daemon.capture_device = R"(["hw:Mic,1", "hw:Speaker,1,1"])";
  Stage stage(options);
  std::optional<SpeakerRecorder> speaker(std::in_place, *stage.bed, 24000);
  stage.start_session();
  stage.voice->say("Please go on for a while.");
  stage.voice->wait_for_state("speaking");
  pass(3000);
  const std::size_t seen = stage.voice->signals().size();
  REQUIRE(driver("unbind", microphone_card));
  require("the second microphone",
          [] { return !closed("/proc/asound/Speaker/pcm1c/sub1/status"); });
  const std::size_t chunks = stage.sim->count("audio");
  pass(1000);
  CHECK(stage.sim->count("audio") >= chunks + 20);
  REQUIRE(driver("bind", microphone_card));
  require("the first microphone again", [&stage] { return stage.bed->capture_in_use(); });
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(30'000));
  stage.voice->wait_for_state("listening");
  speaker->catch_up();
  CHECK(find_exact(speaker->samples(), options.answer));  // the answer was not touched
  speaker.reset();
  CHECK(stage.wait_for_error(seen).name == "DeviceUnavailable");
  CHECK(errors(stage, seen) == 1);
  CHECK(stage.sim->count("connect") == 1);
  CHECK(stage.sim->count("setup") == 1);
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("capture_lost").to_number<int>() == 1);
  CHECK(statistics.at("playback_lost").to_number<int>() == 0);
  CHECK(ask(stage, options.answer, 93).good());
  CHECK(last_error(stage).empty());
}

TEST_CASE("stopped for a second in mid-answer: gaps are counted, and nothing is lost" *
          doctest::skip(!on_kernel())) {
  StageOptions options;
  options.answer = speech(4, 24000, 94);
  Stage stage(options);
  stage.start_session();
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Please go on for a while.");
  stage.voice->wait_for_state("speaking");
  pass(500);
  stage.daemon->process().signal(SIGSTOP);
  pass(1000);
  stage.daemon->process().signal(SIGCONT);
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
  stage.voice->wait_for_state("listening");
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("capture_xruns").to_number<int>() >= 1);
  CHECK(statistics.at("playback_xruns").to_number<int>() >= 1);
  CHECK(statistics.at("capture_lost").to_number<int>() == 0);
  CHECK(statistics.at("playback_lost").to_number<int>() == 0);
  CHECK(errors(stage, seen) == 0);
  CHECK(stage.sim->count("connect") == 1);
  CHECK(ask(stage, options.answer, 95).good());
}
