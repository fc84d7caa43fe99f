// The talk key and what the service makes of a press: nothing, a reaction, the end of the connection.
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
