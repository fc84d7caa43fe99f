// The machine and the devices: opened, closed, not to be had.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;

TEST_CASE("mute closes the microphone, tells the service, and survives the session") {
  Bench bench;
  bench.begin();
  bench.step(input::Mute{true});
  CHECK(bench.any<action::CloseCapture>());
  REQUIRE(bench.all<action::Send>().size() == 1);
  CHECK(bench.all<action::Send>()[0].message == R"({"realtimeInput":{"audioStreamEnd":true}})");
  CHECK(bench.machine.status().capture_open);  // until the device is closed
  bench.step(input::CaptureClosed{});
  CHECK_FALSE(bench.machine.status().capture_open);
  CHECK(bench.state() == State::listening);
  bench.step(input::Stop{});
  bench.step(input::PlaybackClosed{});
  CHECK(bench.any<action::Ended>());
  bench.forget();
  bench.step(Bench::start_with());
  CHECK_FALSE(bench.any<action::OpenCapture>());
  bench.step(input::Mute{false});
  CHECK(bench.any<action::OpenCapture>());
}

TEST_CASE("push-to-talk sends no audioStreamEnd: it is for automatic detection only") {
  Bench bench;
  config::Profile profile;
  profile.turn_taking = config::TurnTaking::push_to_talk;
  bench.begin(Bench::start_with(profile));
  bench.step(input::Mute{true});
  CHECK_FALSE(bench.any<action::Send>());
}

TEST_CASE("a microphone that cannot be reopened leaves the session running, muted") {
  Bench bench;
  bench.begin();
  bench.step(input::Mute{true});
  bench.step(input::CaptureClosed{});
  bench.step(input::Mute{false});
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  CHECK(bench.machine.running());
  CHECK(bench.machine.status().muted);
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
}

TEST_CASE("a device that cannot be opened ends the session with its error") {
  for (const bool capture : {true, false}) {
    CAPTURE(capture);
    Bench bench;
    bench.step(Bench::start_with());
    const Failure failure{Error::device_unavailable, "busy"};
    if (capture) {
      bench.step(input::CaptureFailed{failure});
    } else {
      bench.step(input::PlaybackFailed{failure});
    }
    CHECK(bench.state() == State::idle);
    CHECK(bench.any<action::CloseTransport>());
    REQUIRE(bench.all<action::Report>().size() == 1);
    CHECK(bench.all<action::Report>()[0].failure == failure);
    // The session is over when the other device is released, too.
    CHECK_FALSE(bench.any<action::Ended>());
    if (capture) {
      bench.step(input::PlaybackOpened{});
      bench.step(input::PlaybackClosed{});
    } else {
      bench.step(input::CaptureFailed{failure});
    }
    REQUIRE(bench.all<action::Report>().size() == 1);
    REQUIRE(bench.all<action::Ended>().size() == 1);
    CHECK(bench.all<action::Ended>()[0].reason == EndReason::error);
    CHECK(bench.machine.status().last_error == failure);
    // The next start is clean.
    bench.forget();
    bench.begin();
    CHECK(bench.state() == State::listening);
    CHECK_FALSE(bench.machine.status().last_error);
  }
}

TEST_CASE("a stop and start in one breath: the old devices' events do not confuse the new ones") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::Stop{});
  bench.step(Bench::start_with());
  bench.step(input::CaptureOpened{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackOpened{});
  bench.step(input::PlaybackClosed{});
  CHECK_FALSE(bench.machine.status().capture_open);
  bench.step(input::CaptureOpened{});
  bench.step(input::PlaybackOpened{});
  bench.step(input::TransportOpened{});
  bench.message({live::SetupComplete{}});
  CHECK(bench.state() == State::listening);
  CHECK(bench.machine.status().capture_open);
}

TEST_CASE("the failure of a device that is no longer wanted does not end the next session") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::Stop{});
  bench.step(Bench::start_with());
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  bench.step(input::PlaybackFailed{{Error::device_unavailable, "busy"}});
  CHECK(bench.machine.running());
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  CHECK_FALSE(bench.machine.running());
}

TEST_CASE("stop in mid-answer: the session ends when the speaker has said what was heard") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.forget();
  bench.step(input::Stop{});
  CHECK(bench.state() == State::idle);
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.any<action::CloseCapture>());
  CHECK(bench.any<action::ClosePlayback>());
  CHECK_FALSE(bench.any<action::Send>());
  CHECK_FALSE(bench.any<action::Ended>());
  bench.step(input::Played{1, 70});
  REQUIRE(bench.all<action::Completed>().size() == 2);
  CHECK(bench.all<action::Completed>()[1].details.interrupted);
  CHECK(bench.all<action::Completed>()[1].details.heard_ms == 70);
  CHECK_FALSE(bench.any<action::Ended>());
  bench.release();
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::user);
  CHECK(bench.machine.status().session_id.empty());
  bench.step(input::Stop{});
  CHECK(bench.all<action::Ended>().size() == 1);
}
