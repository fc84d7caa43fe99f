// The machine sleeps and wakes: devices and connection are given up cleanly before, and the
// conversation goes on afterwards. A real dbus-daemon plays the system bus, the test logind.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdlib>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/sockets.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/loop/logind.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// A stage on a machine that can sleep.
struct World {
  explicit World(StageOptions options) : logind(on(system_bus)), stage(std::move(options)) {}

  static gv::test::Logind on(const SessionBus& bus) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address().c_str(), 1);
    return {};
  }
  void until(const std::string& what, const std::function<bool()>& condition) {
    require(what, [this, &condition] {
      logind.process();
      return condition();
    });
  }
  void until_locked() {
    until("the delay lock is held", [this] { return logind.locks() == 1; });
  }
  // Returns when the machine may go to sleep.
  void prepare_for_sleep() {
    logind.prepare_for_sleep(true);
    until("the delay lock is released", [this] { return logind.locks() == 0; });
  }
  void wake() { logind.prepare_for_sleep(false); }

  SessionBus system_bus;
  gv::test::Logind logind;
  Stage stage;
};

StageOptions short_answers(unsigned seed) {
  StageOptions options;
  options.answer = speech(1.5, 24000, seed);
  return options;
}

// What holds at the moment at which the lock is released.
void check_all_is_given_up(Stage& stage) {
  CHECK_FALSE(stage.bed->capture_in_use());
  CHECK_FALSE(stage.bed->playback_in_use());
  CHECK(stage.voice->property("CaptureOpen") == json::value(false));
  CHECK(stage.voice->property("PlaybackOpen") == json::value(false));
  CHECK(client_address(stage.sim->port()).empty());
  const json::object close = stage.sim->wait_for("close");
  CHECK(close.at("by").as_string() == "client");
  CHECK(close.at("code").to_number<int>() == 1000);
}

}  // namespace

TEST_CASE("closed before the machine may sleep; after waking the conversation goes on") {
  for (gv::test::Attempts attempts; attempts.next();) {
    const StageOptions options = short_answers(601);
    World world(options);
    Stage& stage = world.stage;
    world.until_locked();
    stage.start_session();
    talk(stage, "My name is Ada.");
    const std::string session(stage.voice->property("SessionId").as_string());
    world.prepare_for_sleep();
    check_all_is_given_up(stage);
    CHECK(stage.sim->count("connect") == 1);

    world.wake();
    world.until_locked();
    CHECK(resumed(setup_of(stage, 2)));
    stage.voice->wait_for_state("listening");
    stage.voice->wait_for_property("CaptureOpen", true);
    stage.voice->wait_for_property("PlaybackOpen", true);
    CHECK(stage.voice->property("SessionId").as_string() == session);
    const Heard heard = ask(stage, options.answer, 602);
    MESSAGE("after waking: the question by " << heard.question << ", its answer by "
                                             << heard.answer);
    if (!heard.good() && attempts.spoilt()) continue;
    CHECK(heard.question > 0.98);
    CHECK(heard.answer > 0.98);
    CHECK(stage.sim->count("connect") == 2);
    CHECK(stage.sim->count("client_content") == 0);
    CHECK(errors(stage) == 0);  // nothing went wrong
    break;
  }
}

TEST_CASE("in mid-answer it is given up as well, and nothing of it is heard after waking") {
  StageOptions options = short_answers(603);
  options.answer = speech(8, 24000, 604);
  World world(options);
  Stage& stage = world.stage;
  world.until_locked();
  stage.start_session();
  stage.voice->say("Tell me something long.");
  stage.voice->wait_for_state("speaking");
  world.prepare_for_sleep();
  check_all_is_given_up(stage);
  world.wake();
  stage.voice->wait_for_state("listening");
  stage.voice->wait_for_property("PlaybackOpen", true);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  CHECK(end_of_sound(speaker.samples(), 50) == 0);
  // The speaker may still be silent for another reason: a second of it.
  speaker.wait_for_quiet(milliseconds(1000), patience);
  CHECK(end_of_sound(speaker.samples(), 50) == 0);
}

TEST_CASE("without a session nothing holds the machine up, twice; and a muted one stays muted") {
  World world(short_answers(605));
  Stage& stage = world.stage;
  for (const bool talking : {false, true}) {
    CAPTURE(talking);
    world.until_locked();
    if (talking) {
      stage.voice->mute(true);
      stage.voice->start();
      stage.voice->wait_for_state("listening");
    }
    world.prepare_for_sleep();
    world.wake();
    world.until_locked();
    stage.voice->wait_for_state(talking ? "listening" : "idle");
    stage.voice->wait_for_property("PlaybackOpen", talking);
    CHECK(stage.voice->property("CaptureOpen") == json::value(false));
    CHECK(stage.voice->property("Muted") == json::value(talking));
  }
}

// A sanitizer's runtime has to come before what is preloaded.
TEST_CASE("asleep for longer than session.idle_timeout: ended as idle, and a pause all the same" *
          doctest::skip(programs::sanitized())) {
  const TempDir dir;
  const path slept = dir / "slept";
  write_file(slept, "0");
  StageOptions options = short_answers(606);
  options.daemon.more = "session:\n  idle_timeout: 2min\n";
  options.daemon.environment = {{"LD_PRELOAD", GV_SLEPT}, {"GV_SLEPT_FILE", slept.string()}};
  World world(options);
  Stage& stage = world.stage;
  world.until_locked();
  stage.start_session();
  talk(stage, "My name is Ada.");
  world.prepare_for_sleep();
  write_file(slept, "60");
  world.wake();
  stage.voice->wait_for_state("listening");
  CHECK(resumed(setup_of(stage, 2)));
  world.until_locked();
  talk(stage, "That was a nap.");

  world.prepare_for_sleep();
  write_file(slept, "240");
  world.wake();
  const BusSignal ended = stage.voice->wait_for_signal("SessionEnded");
  CHECK(ended.arguments.at(0).as_string() == "idle");
  CHECK(stage.voice->state() == "idle");
  CHECK(errors(stage) == 0);
  CHECK(stage.sim->count("connect") == 2);
  stage.start_session();
  CHECK(resumed(setup_of(stage, 3)));
}
