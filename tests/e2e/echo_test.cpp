// Without headphones: the microphone hears the speaker, and the service interrupts itself unless
// the daemon takes its own voice out.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cstdint>
#include <random>

#include <doctest/doctest.h>

#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/room.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// Words of uneven length: what is late by a whole syllable is another sound.
Samples words(double seconds, std::uint32_t seed) {
  Samples sound = speech(seconds, 24000, seed);
  std::mt19937 random(seed);
  for (std::size_t at = 0; at < sound.size();) {
    at += 24 * (60 + random() % 300);
    const std::size_t pause = 24 * (20 + random() % 150);
    for (std::size_t n = 0; n < pause && at < sound.size(); ++n)
      sound[at++] = 0;
  }
  return sound;
}

StageOptions with_echo(const std::string& mode, double seconds) {
  StageOptions options;
  options.answer = words(seconds, 31);
  options.daemon.echo = mode;
  return options;
}

int interruptions(const Stage& stage) {
  return stage.voice->statistics().at("interruptions").to_number<int>();
}

bool late(const Room& room) {
  return room.gaps() > 0 || room.speaker.xruns() > 0 || room.microphone.xruns() > 0;
}

// A whole answer, heard by the microphone.
void listen(Stage& stage, const SpeakerRecorder& speaker) {
  const std::size_t before = speaker.size();
  stage.voice->say("Tell me something long.");
  speaker.wait_for_sound(before);
  speaker.wait_for_quiet(milliseconds(1500), milliseconds(60'000));
}

// And in this one the user talks over it.
void talk_over(Stage& stage, const SpeakerRecorder& speaker, Microphone& microphone) {
  const std::size_t seen = stage.sim->events().size();
  const std::size_t before = speaker.size();
  stage.voice->say("Once more.");
  speaker.wait_for_sound(before);
  microphone.say(speech(2, microphone.rate(), 32));
  stage.sim->wait_for("sent", what("interrupted"), seen, milliseconds(20'000));
}

// A sound server's microphone hears its speaker from now on, later than anybody tells.
void couple(const std::string& volume, unsigned latency_ms) {
  const Result loaded = run({"pactl", "load-module", "module-loopback", "source=speaker.monitor",
                             "sink=room", "channels=1", "channel_map=mono",
                             "latency_msec=" + std::to_string(latency_ms), "adjust_time=0"});
  REQUIRE_MESSAGE(loaded.status == 0, loaded.errors);
  require("the loopback plays", [&volume] {
    return run({"pactl", "set-sink-volume", "room", volume}).status == 0 &&
           !run({"pactl", "list", "short", "sink-inputs"}).output.empty();
  });
}

}  // namespace

TEST_CASE("with nothing done about it, the model interrupts itself: the room is one") {
  Stage stage(with_echo("off", 6));
  Room room(*stage.bed);
  stage.start_session();
  stage.voice->say("Tell me something long.");
  stage.sim->wait_for("sent", what("interrupted"), 0, milliseconds(20'000));
  CHECK(stage.voice->property("EchoMode") == json::value("off"));
}

TEST_CASE("half-duplex: the service hears nothing of itself") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(with_echo("half-duplex", 6));
    Room room(*stage.bed);
    stage.start_session();
    listen(stage, room.speaker);
    if ((late(room) || interruptions(stage) > 0) && attempts.spoilt()) continue;
    CHECK(interruptions(stage) == 0);
    CHECK(stage.voice->property("EchoMode") == json::value("half-duplex"));
    break;
  }
}

TEST_CASE("cancelled: three answers in a row without an interruption, and the user is heard" *
          doctest::skip(!on_kernel())) {
  Stage stage(with_echo("cancel", 12));
  Room room(*stage.bed);
  stage.start_session();
  for (int i = 0; i < 3; ++i)
    listen(stage, room.speaker);
  const json::object statistics = stage.voice->statistics();
  const double erle_db = statistics.at("echo_erle_db").to_number<double>();
  MESSAGE("ERLE " << erle_db << " dB");
  CHECK_FALSE(late(room));
  CHECK(interruptions(stage) == 0);
  CHECK(erle_db >= 20);
  CHECK(stage.voice->property("EchoMode") == json::value("cancel"));
  talk_over(stage, room.speaker, room.microphone);
}

// The same on the sound server, which knows nothing of 200 ms of the way.
TEST_CASE("cancelled, however late the speaker is heard" * doctest::skip(on_kernel())) {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage(with_echo("cancel", 12));
    couple("70%", 200);
    const SpeakerRecorder speaker(*stage.bed, stage.bed->speaking_rate());
    Microphone microphone(*stage.bed);
    stage.start_session();
    for (int i = 0; i < 3; ++i)
      listen(stage, speaker);
    const json::object statistics = stage.voice->statistics();
    const double erle_db =
        statistics.contains("echo_erle_db") ? statistics.at("echo_erle_db").to_number<double>() : 0;
    MESSAGE("ERLE " << erle_db << " dB, " << interruptions(stage) << " interruptions");
    const bool good = interruptions(stage) == 0 && erle_db >= 20;
    if (!good && attempts.spoilt()) continue;
    CHECK(interruptions(stage) == 0);
    CHECK(erle_db >= 20);
    CHECK(stage.voice->property("EchoMode") == json::value("cancel"));
    talk_over(stage, speaker, microphone);
    break;
  }
}
