// What the daemon allocates in a conversation that goes on, an answer being heard while the
// microphone is sent: nothing where the sound goes, but what the echo canceller's library needs for
// a frame, and elsewhere not more with time.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "tests/e2e/support/allocations.hpp"

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;
using std::chrono::seconds;

namespace {

// Until what is kept of the microphone is full (10 s), and nothing is done for the first time.
constexpr seconds settling{12};
constexpr double most_per_message = 30;
constexpr double most_growth = 1.1;  // from one stretch to the next
constexpr std::int64_t most_more_blocks = 30;
constexpr std::int64_t most_more_bytes = std::int64_t{16} * 1024;
constexpr std::uint64_t most_of_canceller = 3;  // per frame of 10 ms

seconds stretch_length() {
  return on_kernel() ? seconds(60) : seconds(5);
}

struct Stretch {
  Allocations::OfThread audio;
  Allocations::OfThread main;
  std::size_t messages = 0;  // that the service got and sent
  // The least that was in use: the rest is on its way.
  std::int64_t blocks = 0;
  std::int64_t bytes = 0;
};

// Nobody speaks to the daemon's bus meanwhile: that would be counted, too.
Stretch count(const Stage& stage, const Allocations& allocations) {
  const Process& daemon = stage.daemon->process();
  const auto messages = [&stage] { return stage.sim->count("audio") + stage.sim->count("sent"); };
  const std::size_t messages_before = messages();
  const Allocations::OfThread audio = allocations.of(daemon, "audio");
  const Allocations::OfThread main = allocations.of(daemon, "gemini-voiced");
  Stretch stretch;
  stretch.blocks = allocations.live_blocks();
  stretch.bytes = allocations.live_bytes();
  const std::int64_t end = now_ns() + std::chrono::nanoseconds(stretch_length()).count();
  while (now_ns() < end) {
    std::this_thread::sleep_for(milliseconds(10));
    stretch.blocks = std::min(stretch.blocks, allocations.live_blocks());
    stretch.bytes = std::min(stretch.bytes, allocations.live_bytes());
  }
  stretch.audio = allocations.of(daemon, "audio") - audio;
  stretch.main = allocations.of(daemon, "gemini-voiced") - main;
  stretch.messages = messages() - messages_before;
  return stretch;
}

void tell(const std::string& which, const Stretch& stretch) {
  const auto per_second = [](std::uint64_t number) {
    return static_cast<double>(number) / static_cast<double>(stretch_length().count());
  };
  MESSAGE(which << ": the audio thread " << stretch.audio.by_new << " by new, "
                << stretch.audio.by_malloc << " by malloc, " << stretch.audio.by_canceller
                << " in the canceller's library; the main loop " << per_second(stretch.main.by_new)
                << " and " << per_second(stretch.main.by_malloc) << " per second, for "
                << per_second(stretch.messages) << " messages; " << stretch.blocks << " blocks, "
                << stretch.bytes << " bytes in use");
}

void check_main_loop(const Stretch& first, const Stretch& second) {
  const auto per_message = [](const Stretch& stretch) {
    return static_cast<double>(stretch.main.all()) / static_cast<double>(stretch.messages);
  };
  CHECK(per_message(second) <= most_per_message);
  CHECK(per_message(second) <= most_growth * per_message(first));
  CHECK(second.blocks <= first.blocks + most_more_blocks);
  CHECK(second.bytes <= first.bytes + most_more_bytes);
}

StageOptions long_answer(const Allocations& allocations, const std::string& echo) {
  StageOptions options;
  options.answer = speech(static_cast<double>((settling + 2 * stretch_length()).count()) + 6,
                          options.speaker_rate, 961);
  options.sim = {"--speed=1"};  // it comes in while it is heard
  options.daemon.echo = echo;
  options.daemon.environment = allocations.environment();
  return options;
}

void check_conversation(const std::string& echo) {
  CAPTURE(echo);
  for (gv::test::Attempts attempts; attempts.next();) {
    const Allocations allocations;
    Stage stage(long_answer(allocations, echo));
    const SpeakerRecorder speaker(*stage.bed, 24000);
    const Microphone microphone(*stage.bed);
    stage.start_session();
    REQUIRE(allocations.of(stage.daemon->process(), "audio").all() > 0);  // it counts
    REQUIRE(stage.voice->property("EchoMode") == json::value(echo));
    stage.voice->say("Tell me something long.");
    speaker.wait_for_sound();
    std::this_thread::sleep_for(settling);
    const Stretch first = count(stage, allocations);
    const Stretch second = count(stage, allocations);
    tell("echo " + echo, first);
    tell("and then", second);
    // What an xrun costs is not what is looked at.
    const std::uint64_t audio = first.audio.all() + second.audio.all();
    if (audio != 0 && attempts.spoilt()) continue;
    CHECK(audio == 0);
    const auto frames = static_cast<std::uint64_t>(stretch_length().count()) * 100;
    CHECK(second.audio.by_canceller <= most_of_canceller * frames);
    check_main_loop(first, second);
    CHECK(stage.voice->state() == "speaking");
    break;
  }
}

}  // namespace

// A sanitizer's runtime has to come before what is preloaded, and allocates in its own way.
TEST_CASE("while an answer is heard the audio thread allocates nothing, and nothing grows" *
          doctest::skip(programs::sanitized())) {
  check_conversation("off");
}

TEST_CASE("nor does it where the echo is cancelled" *
          doctest::skip(programs::sanitized() || !GV_ECHO_BUILT_IN)) {
  check_conversation("cancel");
}
