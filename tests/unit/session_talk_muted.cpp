// The talk key with a microphone that is muted: it is open for the key alone.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/talk_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;

TEST_CASE("a muted microphone is open while the user talks") {
  TalkBench bench;
  bench.step(input::Mute{true});
  SUBCASE("by key: until all of it is on the wire") {
    bench.step(by_key());
    bench.step(input::PlaybackOpened{});
    bench.reconnect();
    CHECK_FALSE(bench.any<action::OpenCapture>());
    bench.press();
    CHECK(bench.any<action::OpenCapture>());
    CHECK_FALSE(bench.machine.status().muted);
    bench.step(input::CaptureOpened{});
    bench.wait_ms(1000);
    bench.release();
    CHECK_FALSE(bench.any<action::CloseCapture>());
    bench.step(input::TalkSent{});
    CHECK(bench.any<action::CloseCapture>());
    CHECK(bench.machine.status().muted);
  }
  SUBCASE("with automatic turn taking: and that is all that the key does") {
    bench.begin();
    bench.press();
    CHECK(bench.any<action::OpenCapture>());
    REQUIRE(bench.begun() == 1);
    CHECK_FALSE(bench.all<action::SendMicrophone>()[0].by_key);
    bench.wait_ms(1000);
    bench.release();
    CHECK_FALSE(bench.any<action::CloseCapture>());
    CHECK(bench.ended() == 1);
    bench.step(input::TalkSent{});
    CHECK(bench.any<action::CloseCapture>());
    CHECK(bench.machine.status().muted);
  }
  SUBCASE("with automatic turn taking, before there is a connection: until there is one") {
    bench.step(Bench::start_with());
    bench.step(input::PlaybackOpened{});
    const auto pressed = bench.now;
    bench.press();
    bench.step(input::CaptureOpened{});
    bench.wait_ms(1000);
    bench.release();
    CHECK_FALSE(bench.any<action::CloseCapture>());
    CHECK_FALSE(bench.any<action::SendMicrophone>());
    bench.reconnect();
    REQUIRE(bench.begun() == 1);
    CHECK(bench.all<action::SendMicrophone>()[0].until_ns == pressed + 1000 * ms);
    bench.step(input::TalkSent{});
    CHECK(bench.any<action::CloseCapture>());
  }
  SUBCASE("the user's word about it counts, and so does the session's end") {
    bench.begin();
    bench.press();
    SUBCASE("unmuted meanwhile") {
      bench.forget();
      bench.step(input::Mute{false});
      REQUIRE(bench.begun() == 1);
      CHECK(bench.all<action::SendMicrophone>()[0].until_ns == 0);
      bench.wait_ms(1000);
      bench.release();
      CHECK(bench.ended() == 0);
      CHECK_FALSE(bench.machine.status().muted);
    }
    SUBCASE("stopped meanwhile") {
      bench.step(input::Stop{});
      CHECK(bench.machine.status().muted);
    }
  }
}

TEST_CASE("a microphone that is open for the key alone does not wait for a service with the user") {
  for (const bool keyed : {true, false}) {
    TalkBench bench;
    bench.step(input::Mute{true});
    bench.begin(keyed ? by_key() : Bench::start_with());
    bench.step(input::TransportClosed{closed(1006)});
    const auto pressed = bench.now;
    bench.press();
    bench.step(input::CaptureOpened{});
    bench.wait_ms(1000);
    bench.release();
    CHECK_FALSE(bench.any<action::CloseCapture>());  // the last word may still come
    bench.wait_ms(300);
    bench.step(input::TimerFired{Timer::give_back});
    REQUIRE(bench.all<action::CloseCapture>().size() == 1);
    CHECK(bench.all<action::CloseCapture>()[0].keep_sound);
    CHECK(bench.machine.status().muted);
    bench.step(input::CaptureClosed{});
    bench.wait_ms(5000);
    bench.step(input::TimerFired{Timer::retry});
    bench.forget();
    bench.reconnect();
    REQUIRE(bench.begun() == 1);
    CHECK(bench.all<action::SendMicrophone>()[0].until_ns == pressed + 1000 * ms);
    bench.step(input::TalkSent{});
    CHECK_FALSE(bench.any<action::CloseCapture>());
    // What is open by the user's will is no business of the key.
    bench.step(input::Mute{false});
    bench.step(input::CaptureOpened{});
    bench.forget();
    bench.hold(1000);
    CHECK(bench.ended() == (keyed ? 1 : 0));
    bench.step(input::TalkSent{});
    CHECK_FALSE(bench.any<action::CloseCapture>());
  }
}

TEST_CASE("a microphone that cannot be opened for the key leaves nothing behind") {
  TalkBench bench;
  bench.step(input::Mute{true});
  bench.begin();
  bench.press();
  bench.wait_ms(500);
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  CHECK(bench.machine.status().muted);
  CHECK(bench.any<action::CutMicrophone>());
  bench.release();
  bench.wait_ms(1000);
  bench.forget();
  bench.step(input::Mute{false});
  CHECK(bench.begun() == 1);
  bench.hold(1000);
  CHECK(bench.ended() == 0);
}

TEST_CASE("with a borrowed microphone, too, nothing is said twice to an automatic service") {
  TalkBench bench;
  bench.step(input::Mute{true});
  bench.begin();
  bench.message({live::ResumptionUpdate{"h1", true}});
  bench.press();
  bench.step(input::CaptureOpened{});
  bench.wait_ms(8000);
  const auto lost_at = bench.now;
  bench.step(input::TransportClosed{closed(1006)});
  bench.step(input::TimerFired{Timer::retry});
  bench.forget();
  bench.reconnect();
  REQUIRE(bench.begun() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns >= lost_at - 1000 * ms);
}

TEST_CASE("the loss of a microphone that is open for the key alone is told") {
  TalkBench bench;
  bench.step(input::Mute{true});
  bench.begin();
  bench.press();
  bench.step(input::CaptureOpened{});
  bench.forget();
  bench.step(input::CaptureLost{{Error::device_unavailable, "pulled"}});
  CHECK(bench.all<action::Report>().size() == 1);
  CHECK(bench.ended() == 1);
  bench.step(input::TalkSent{});
  CHECK(bench.machine.status().muted);
}
