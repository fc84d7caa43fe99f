// The machine and the talk key: activities begin, and always end.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/talk_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;

TEST_CASE("by key, the microphone goes out from a moment before the press to the release") {
  TalkBench bench;
  bench.begin(by_key());
  CHECK_FALSE(bench.any<action::SendMicrophone>());
  bench.wait_ms(1000);
  const auto pressed = bench.now;
  bench.press();
  REQUIRE(bench.begun() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].by_key);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == pressed - 250 * ms);
  bench.press();
  bench.wait_ms(2000);
  const auto released = bench.now;
  CHECK(bench.ended() == 0);
  CHECK(bench.timer(Timer::talk) > std::chrono::milliseconds(0));
  CHECK_FALSE(bench.cancelled(Timer::talk));
  bench.release();
  REQUIRE(bench.ended() == 1);
  CHECK(bench.all<action::EndMicrophone>()[0].until_ns == released);
  CHECK(bench.cancelled(Timer::talk));  // nothing is decided any more
  CHECK(bench.begun() == 1);
  bench.step(input::TalkSent{});
  // The next press does not send again what this one sent.
  bench.wait_ms(20);
  bench.press();
  CHECK(bench.all<action::SendMicrophone>()[1].since_ns == released);
}

TEST_CASE("everybody can see that a session goes by key, and that the user talks") {
  TalkBench bench;
  bench.begin(by_key());
  CHECK(bench.machine.status().by_key);
  CHECK_FALSE(bench.machine.status().talking);
  bench.press();
  CHECK(bench.machine.status().talking);
  CHECK(bench.any<action::Publish>());
  bench.wait_ms(20);
  bench.release();  // a tap
  CHECK(bench.machine.status().talking);
  bench.step(input::Stop{});
  CHECK_FALSE(bench.machine.status().talking);
}

TEST_CASE("presses before there is a connection wait for it, in order") {
  TalkBench bench;
  bench.step(by_key());
  const auto first = bench.now;
  bench.hold(500);
  bench.wait_ms(1000);
  const auto second = bench.now;
  bench.press();
  bench.wait_ms(100);
  CHECK_FALSE(bench.any<action::SendMicrophone>());
  bench.forget();
  bench.reconnect();
  REQUIRE(bench.begun() == 2);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == first - 250 * ms);
  CHECK(bench.all<action::SendMicrophone>()[0].until_ns == first + 500 * ms);
  CHECK(bench.all<action::SendMicrophone>()[1].since_ns == second - 250 * ms);
  CHECK(bench.all<action::SendMicrophone>()[1].until_ns == 0);
  CHECK(bench.ended() == 0);
  bench.wait_ms(1000);
  bench.release();
  CHECK(bench.ended() == 1);
}

TEST_CASE("of more presses than wait the newest are sent, and nothing of between them") {
  TalkBench bench;
  bench.step(by_key());
  std::int64_t pressed = 0;
  for (int i = 0; i < 20; ++i) {
    pressed = bench.now;
    bench.hold(400);
    bench.wait_ms(500);
  }
  bench.reconnect();
  REQUIRE(bench.begun() == 8);
  CHECK(bench.all<action::SendMicrophone>()[7].since_ns == pressed - 250 * ms);
  CHECK(bench.all<action::SendMicrophone>()[7].until_ns == pressed + 400 * ms);
}

TEST_CASE("the key tells which sound is worth to be kept") {
  TalkBench bench;
  bench.step(by_key());
  bench.press();
  REQUIRE(bench.all<action::KeepSound>().size() == 1);
  CHECK(bench.all<action::KeepSound>()[0].key_down);
  bench.wait_ms(500);
  const auto released = bench.now;
  bench.release();
  REQUIRE(bench.all<action::KeepSound>().size() == 2);
  CHECK_FALSE(bench.all<action::KeepSound>()[1].key_down);
  CHECK(bench.all<action::KeepSound>()[1].at_ns == released);
  bench.wait_ms(1000);
  bench.press();
  bench.step(input::Stop{});
  CHECK_FALSE(bench.all<action::KeepSound>().back().key_down);
}

TEST_CASE("a press of which nothing was left to send: the user is told if it was speech") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  SUBCASE("speech") {
    bench.step(input::Voice{true});
    bench.wait_ms(1000);
    bench.release();
    bench.step(input::TalkSent{.empty = true});
    REQUIRE(bench.all<action::Report>().size() == 1);
    CHECK(bench.all<action::Report>()[0].failure.error == Error::network_unavailable);
  }
  SUBCASE("a tap by mistake") {
    bench.wait_ms(1000);
    bench.release();
    bench.step(input::TalkSent{.empty = true});
    CHECK_FALSE(bench.any<action::Report>());
  }
}

TEST_CASE("a connection that is lost with the key down: the next one gets all of the press") {
  TalkBench bench;
  bench.begin(by_key());
  bench.wait_ms(1000);
  const auto pressed = bench.now;
  bench.press();
  bench.wait_ms(3000);
  bench.step(closed(1006));
  bench.step(input::TimerFired{Timer::retry});
  bench.forget();
  bench.wait_ms(2000);
  bench.reconnect();
  REQUIRE(bench.begun() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == pressed - 250 * ms);
  bench.release();
  CHECK(bench.ended() == 1);

  SUBCASE("also where the release was not on the wire yet") {
    bench.step(closed(1006));
    bench.step(input::TimerFired{Timer::retry});
    bench.forget();
    bench.reconnect();
    REQUIRE(bench.begun() == 1);
    CHECK(bench.all<action::SendMicrophone>()[0].until_ns != 0);
  }
  SUBCASE("but not where the service had it all") {
    bench.step(input::TalkSent{});
    bench.message({live::InputTranscription{"and"}});
    bench.step(closed(1006));
    bench.step(input::TimerFired{Timer::retry});
    bench.forget();
    bench.reconnect();
    CHECK(bench.begun() == 0);
  }
}

TEST_CASE("stop, mute and sleep cut an open activity before the connection is closed") {
  for (const Input& input : {Input(input::Stop{}), Input(input::Mute{true}),
                             Input(input::GoingToSleep{}), Input(input::Stop{true})}) {
    TalkBench bench;
    bench.begin(by_key());
    bench.press();
    bench.wait_ms(500);
    bench.forget();
    bench.step(input);
    bool cut = false;
    for (const auto& action : bench.seen) {
      cut = cut || std::holds_alternative<action::CutMicrophone>(action);
      if (std::holds_alternative<action::CloseTransport>(action)) CHECK(cut);
    }
    CHECK(cut);
    CHECK(bench.cancelled(Timer::talk));
    bench.forget();
    bench.press();  // the key repeats itself
    bench.release();
    CHECK_FALSE(bench.any<action::SendMicrophone>());
  }
}

TEST_CASE("a microphone that is lost ends the activity there") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.wait_ms(700);
  bench.step(input::CaptureLost{{Error::device_unavailable, "pulled"}});
  REQUIRE(bench.ended() == 1);
  CHECK(bench.all<action::EndMicrophone>()[0].until_ns == bench.now);
}

TEST_CASE("the loss of a microphone that was being closed ends nothing") {
  TalkBench bench;
  bench.step(input::Mute{true});
  bench.begin(by_key());
  bench.hold(1000);
  bench.step(input::TalkSent{});  // the microphone was open for it alone
  REQUIRE(bench.any<action::CloseCapture>());
  bench.press();
  bench.forget();
  bench.step(input::CaptureLost{{Error::device_unavailable, "pulled"}});  // the old one
  CHECK(bench.ended() == 0);
  CHECK_FALSE(bench.any<action::Report>());
}

TEST_CASE("who spoke as a session ended does not speak in the next one") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.step(input::Voice{true});
  bench.step(input::Stop{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackClosed{});
  bench.wait_ms(5000);
  bench.begin(by_key());
  bench.forget();
  bench.press();
  bench.release();
  bench.wait_ms(5000);
  bench.step(input::TimerFired{Timer::talk});
  CHECK(bench.ended() == 1);
}

TEST_CASE("a vanished release ends after a minute, an unspoken tap after five seconds") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.wait_ms(60'000);
  bench.step(input::TimerFired{Timer::talk});
  CHECK(bench.ended() == 1);
  bench.step(input::TalkSent{});
  bench.wait_ms(1000);
  bench.hold(20);
  CHECK(bench.ended() == 1);
  bench.wait_ms(4900);
  bench.step(input::TimerFired{Timer::talk});
  CHECK(bench.ended() == 2);
}

TEST_CASE("key down silences the model at once, and its interrupted changes nothing more") {
  TalkBench bench;
  bench.begin(by_key());
  bench.answer();
  bench.forget();
  bench.press();
  REQUIRE(bench.all<action::Flush>().size() == 1);
  CHECK(bench.all<action::Flush>()[0].asked_ns == bench.now);
  CHECK(bench.begun() == 1);
  bench.message({live::AudioPart{"AAAA", 24000}});  // of the dead answer
  CHECK_FALSE(bench.any<action::Play>());
  bench.message({live::Interrupted{}});
  bench.message({live::TurnComplete{}});
  CHECK(bench.all<action::Flush>().size() == 1);
  CHECK(bench.machine.counters().interruptions == 1);
  bench.step(input::Played{1, 300});
  bench.wait_ms(1000);
  bench.release();
  bench.step(input::TalkSent{});
  bench.message({live::InputTranscription{"and now?"}});
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
}

TEST_CASE("a profile without interruptions is not interrupted by the key") {
  TalkBench bench;
  bench.begin(by_key(false));
  bench.answer();
  bench.press();
  CHECK_FALSE(bench.any<action::Flush>());
  CHECK(bench.begun() == 1);
}

TEST_CASE("with automatic turn taking and an open microphone the key changes nothing") {
  TalkBench bench;
  bench.begin();
  bench.answer();
  bench.forget();
  bench.hold(1000);
  CHECK_FALSE(bench.any<action::SendMicrophone>());
  CHECK_FALSE(bench.any<action::EndMicrophone>());
  CHECK_FALSE(bench.any<action::Flush>());
  CHECK_FALSE(bench.any<action::CloseCapture>());
}

TEST_CASE("nobody hands over while the key is down, and nobody is idle") {
  TalkBench bench;
  auto start = by_key();
  start.limits.idle_timeout = std::chrono::milliseconds(10'000);
  bench.begin(start);
  bench.message({live::ResumptionUpdate{"h1", true}});
  bench.press();
  bench.wait_ms(11'000);
  bench.step(input::TimerFired{Timer::idle});
  bench.message({live::GoAway{std::chrono::milliseconds(50'000)}});
  CHECK(bench.machine.running());
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.release();
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.step(input::TalkSent{});
  bench.wait_ms(5000);
  bench.step(input::TimerFired{Timer::rotation});
  CHECK(bench.any<action::CloseTransport>());
}

TEST_CASE("a microphone that is slow to wake ends no press") {
  TalkBench bench;
  bench.begin(by_key());
  bench.step(input::GoingToSleep{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackClosed{});
  bench.wait_ms(1000);
  bench.step(input::Woke{std::chrono::milliseconds(1000)});
  bench.press();
  bench.step(input::CaptureFailed{{Error::device_unavailable, "not yet"}});
  CHECK(bench.machine.status().talking);
}
