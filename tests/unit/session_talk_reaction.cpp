// The talk key and what the service makes of a press: nothing, a reaction, the end of the
// connection.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/talk_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;

namespace {

// Somebody speaks while the key is held.
void ask(TalkBench& bench, std::int64_t length_ms) {
  bench.press();
  bench.step(input::Voice{true});
  bench.wait_ms(length_ms);
  bench.step(input::Voice{false});
  bench.release();
}

void asked(TalkBench& bench) {
  bench.wait_ms(1000);
  ask(bench, 2000);
  bench.step(input::TalkSent{});
  bench.forget();
}

// The connection ends, and there is a new one.
void change_connection(TalkBench& bench) {
  bench.step(closed(1011, "Internal error encountered."));
  if (!bench.any<action::OpenTransport>()) bench.step(input::TimerFired{Timer::retry});
  bench.forget();
  bench.reconnect();
}

bool told_to_say_it_again(const TalkBench& bench) {
  const auto reports = bench.all<action::Report>();
  return reports.size() == 1 &&
         reports[0].failure.message.find("say it again") != std::string::npos;
}

}  // namespace

TEST_CASE("by key, a deaf service is noticed after the activity, and not nudged: 1007 follows") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.step(input::Voice{true});
  bench.wait_ms(3000);
  bench.step(input::Voice{false});
  bench.wait_ms(9000);
  bench.step(input::TimerFired{Timer::reaction});
  CHECK(bench.machine.counters().stalls == 0);  // the user talks
  bench.release();
  bench.step(input::TalkSent{});
  bench.wait_ms(8000);
  bench.forget();
  bench.step(input::TimerFired{Timer::reaction});
  CHECK(bench.machine.counters().stalls == 1);
  CHECK_FALSE(bench.any<action::Send>());
  CHECK(bench.any<action::OpenTransport>());
}

TEST_CASE("by key, a press is not cut off because the one before it got no reaction") {
  TalkBench bench;
  bench.begin(by_key());
  ask(bench, 2000);
  bench.step(input::TalkSent{});
  REQUIRE(bench.timer(Timer::reaction) == std::chrono::milliseconds(8000));
  bench.wait_ms(1000);
  bench.press();
  bench.step(input::Voice{true});
  bench.wait_ms(7000);
  bench.forget();
  bench.step(input::TimerFired{Timer::reaction});
  CHECK(bench.machine.counters().stalls == 0);
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.wait_ms(3000);
  bench.step(input::Voice{false});
  bench.release();
  bench.wait_ms(100);
  bench.forget();
  bench.step(input::TalkSent{});
  // The service has all of its time for this one.
  CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(8000));
  bench.wait_ms(8000);
  bench.step(input::TimerFired{Timer::reaction});
  CHECK(bench.machine.counters().stalls == 1);
}

TEST_CASE("by key, nobody expects a reaction to what the profile tells the service to ignore") {
  TalkBench bench;
  bench.begin(by_key(false));
  bench.answer();
  ask(bench, 2000);
  bench.message({live::TurnComplete{}});
  bench.forget();
  bench.step(input::TalkSent{});
  CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(-1));
  bench.step(input::Played{1, 3000});
  // What is said after the answer is for the service again.
  bench.wait_ms(1000);
  ask(bench, 2000);
  bench.step(input::TalkSent{});
  CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(8000));
}

TEST_CASE("a press that the service has not reacted to is said again to the next connection") {
  TalkBench bench;
  bench.begin(by_key());
  bench.wait_ms(1000);
  const auto pressed = bench.now;
  ask(bench, 2000);
  bench.step(input::TalkSent{});
  bench.wait_ms(500);
  change_connection(bench);
  REQUIRE(bench.begun() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == pressed - 250 * ms);
  CHECK(bench.all<action::SendMicrophone>()[0].until_ns == pressed + 2000 * ms);
  CHECK_FALSE(bench.any<action::Report>());
  bench.step(input::TalkSent{});

  SUBCASE("once: it may be what the service cannot bear") {
    change_connection(bench);
    CHECK(bench.begun() == 0);
    CHECK(told_to_say_it_again(bench));
    change_connection(bench);
    CHECK_FALSE(bench.any<action::Report>());
  }
  SUBCASE("and not when it has reacted") {
    bench.message({live::InputTranscription{"and"}});
    change_connection(bench);
    CHECK(bench.begun() == 0);
    CHECK_FALSE(bench.any<action::Report>());
  }
}

TEST_CASE("the end of a cut answer is no reaction to the press that cut it") {
  TalkBench bench;
  bench.begin(by_key());
  bench.answer();
  ask(bench, 2000);
  bench.step(input::TalkSent{});
  bench.message({live::Interrupted{}});
  bench.message({live::TurnComplete{}});
  bench.step(input::Played{1, 100});
  change_connection(bench);
  CHECK(bench.begun() == 1);
}

TEST_CASE("what cannot be said again is told") {
  TalkBench bench;
  bench.begin(by_key());
  SUBCASE("it was said too long ago") {
    asked(bench);
    bench.step(closed(1006));
    bench.wait_ms(29'000);
    bench.step(input::TimerFired{Timer::retry});
    bench.forget();
    bench.reconnect();
  }
  SUBCASE("the microphone was closed since") {
    asked(bench);
    bench.step(input::Mute{true});
    bench.step(input::CaptureClosed{});
    change_connection(bench);
  }
  SUBCASE("the microphone was open for it alone") {
    bench.step(input::Mute{true});
    bench.step(input::CaptureClosed{});
    asked(bench);
    change_connection(bench);
  }
  CHECK(bench.begun() == 0);
  CHECK(told_to_say_it_again(bench));
}

TEST_CASE("of a press in which nobody was heard nothing is told, nor after a pause") {
  TalkBench bench;
  bench.begin(by_key());
  SUBCASE("silence") {
    bench.hold(1000);
    bench.step(input::TalkSent{});
    bench.step(closed(1006));
    bench.wait_ms(31'000);
    bench.step(input::TimerFired{Timer::retry});
    bench.forget();
    bench.reconnect();
  }
  SUBCASE("stopped and started") {
    asked(bench);
    bench.step(input::Stop{});
    bench.step(input::CaptureClosed{});
    bench.step(input::PlaybackClosed{});
    bench.forget();
    bench.step(by_key());
    bench.reconnect();
  }
  CHECK(bench.begun() == 0);
  CHECK_FALSE(bench.any<action::Report>());
}

TEST_CASE("a deaf service gets the press once more before the user is asked to repeat it") {
  TalkBench bench;
  bench.begin(by_key());
  asked(bench);
  bench.wait_ms(8000);
  bench.step(input::TimerFired{Timer::reaction});
  REQUIRE(bench.any<action::OpenTransport>());
  bench.forget();
  bench.reconnect();
  CHECK(bench.begun() == 1);
  CHECK_FALSE(bench.any<action::Report>());
  bench.step(input::TalkSent{});
  CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(8000));
  bench.forget();
  SUBCASE("it hears it") {
    bench.message({live::InputTranscription{"and"}});
    CHECK(bench.cancelled(Timer::reaction));
    asked(bench);
    bench.wait_ms(8000);
    bench.step(input::TimerFired{Timer::reaction});
    CHECK(bench.any<action::CloseTransport>());
  }
  SUBCASE("it stays deaf") {
    bench.wait_ms(8000);
    bench.step(input::TimerFired{Timer::reaction});
    CHECK(told_to_say_it_again(bench));
    CHECK_FALSE(bench.any<action::CloseTransport>());
    bench.forget();
    ask(bench, 2000);
    bench.step(input::TalkSent{});
    CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(-1));
  }
}

TEST_CASE("a press that was handed over as the connection ended is not taken for sent") {
  TalkBench bench;
  bench.begin(by_key());
  bench.wait_ms(1000);
  ask(bench, 2000);
  bench.step(closed(1006));
  bench.step(input::TalkSent{});  // it had to wait behind that
  bench.step(input::TimerFired{Timer::retry});
  bench.forget();
  bench.reconnect();
  REQUIRE(bench.begun() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].until_ns != 0);
}

TEST_CASE("an answer to a press that had to wait makes its connection one of use") {
  TalkBench bench;
  bench.begin(by_key());
  bench.wait_ms(1000);
  for (int i = 0; i < 3; ++i) {
    bench.hold(1000);  // it gets no further than here
    bench.step(closed(1000));
    if (!bench.any<action::OpenTransport>()) bench.step(input::TimerFired{Timer::retry});
    bench.reconnect();
    bench.step(input::TalkSent{});
    bench.message({live::AudioPart{"AAAA", 24000}, live::TurnComplete{}});
    bench.step(input::Played{bench.machine.last_turn(), 100});
    bench.forget();
  }
  bench.step(closed(1000));
  CHECK(bench.machine.running());
}

TEST_CASE("a service that takes nothing: the key says so, once") {
  TalkBench bench;
  bench.begin(by_key());
  bench.wait_ms(1000);
  for (int i = 0; i < 8; ++i) {
    bench.hold(1000);
    bench.wait_ms(100);
  }
  CHECK_FALSE(bench.any<action::Report>());
  for (int i = 0; i < 3; ++i) {
    bench.hold(1000);
    bench.wait_ms(100);
  }
  CHECK(bench.begun() == 8);
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.all<action::Report>()[0].failure.error == Error::network_unavailable);
  bench.step(input::TalkSent{});
  bench.hold(1000);
  CHECK(bench.begun() == 9);
}
