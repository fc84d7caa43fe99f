// Without headphones: the microphone hears the speaker, and the service interrupts itself unless
// the daemon takes its own voice out.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/room.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

StageOptions with_echo(const std::string& mode, double seconds) {
  StageOptions options;
  options.answer = speech(seconds, 24000, 31);
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
void listen(Stage& stage, Room& room) {
  const std::size_t before = room.speaker.size();
  stage.voice->say("Tell me something long.");
  room.speaker.wait_for_sound(before);
  room.speaker.wait_for_quiet(milliseconds(1500), milliseconds(60'000));
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
  for (gv::test::Attempts attempts(!on_kernel()); attempts.next();) {
    Stage stage(with_echo("half-duplex", 6));
    Room room(*stage.bed);
    stage.start_session();
    listen(stage, room);
    if ((late(room) || interruptions(stage) > 0) && attempts.spoilt()) continue;
    CHECK(interruptions(stage) == 0);
    CHECK(stage.voice->property("EchoMode") == json::value("half-duplex"));
    break;
  }
}

// In real time the room is late by 100 ms that no device tells of, and that tremble.
TEST_CASE("cancelled: three answers in a row without an interruption, and the user is heard" *
          doctest::skip(!on_kernel())) {
  Stage stage(with_echo("cancel", 12));
  Room room(*stage.bed);
  stage.start_session();
  for (int i = 0; i < 3; ++i)
    listen(stage, room);
  const json::object statistics = stage.voice->statistics();
  const double erle_db = statistics.at("echo_erle_db").to_number<double>();
  MESSAGE("ERLE " << erle_db << " dB");
  CHECK_FALSE(late(room));
  CHECK(interruptions(stage) == 0);
  CHECK(erle_db >= 20);
  CHECK(stage.voice->property("EchoMode") == json::value("cancel"));

  // And in the fourth the user talks over it.
  const std::size_t seen = stage.sim->events().size();
  const std::size_t before = room.speaker.size();
  stage.voice->say("Once more.");
  room.speaker.wait_for_sound(before);
  room.microphone.say(speech(2, room.microphone.rate(), 32));
  stage.sim->wait_for("sent", what("interrupted"), seen, milliseconds(20'000));
}
