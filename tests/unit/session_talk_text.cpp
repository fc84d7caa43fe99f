// Typed text in a session whose turns go by the talk key: the service waits for the marks of an
// activity around it, too (live-api.md sections 2.1.4 and 2.3).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>

#include <doctest/doctest.h>

#include "tests/unit/talk_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;

namespace {

// What was sent: ( and ) for the marks, the texts in quotes.
std::string sent(const TalkBench& bench) {
  std::string line;
  for (const auto& send : bench.all<action::Send>()) {
    const std::string& message = send.message;
    const auto text = message.find(R"("text":)");
    if (message.find("activityStart") != std::string::npos) line += '(';
    if (message.find("activityEnd") != std::string::npos) line += ')';
    if (text != std::string::npos) line += message.substr(text + 7, message.find('}') - text - 7);
  }
  return line;
}

}  // namespace

TEST_CASE("by key, typed text goes between the marks of an activity") {
  TalkBench bench;
  bench.begin(by_key());
  bench.step(input::SendText{"hello"});
  CHECK(sent(bench) == R"(("hello"))");
  bench.forget();
  bench.message({live::InputTranscription{"hello"}});
  bench.message({live::AudioPart{"AAAA", 24000}});
  bench.step(input::SendText{"and"});  // over the answer
  CHECK(bench.any<action::Flush>());
  CHECK(sent(bench) == R"(("and"))");
}

TEST_CASE("with automatic turn taking it goes as it is") {
  TalkBench bench;
  bench.begin();
  bench.step(input::SendText{"hello"});
  CHECK(sent(bench) == R"("hello")");
}

TEST_CASE("what is typed while the user talks waits until that is with the service") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.step(input::SendText{"one"});
  bench.wait_ms(1000);
  bench.release();
  bench.step(input::SendText{"two"});
  CHECK(sent(bench).empty());
  bench.step(input::TalkSent{});
  CHECK(sent(bench) == R"(("one""two"))");
}

TEST_CASE("what waits for the key does not cut what is being said") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.message({live::InputTranscription{"tell me"}});
  const auto turn = bench.machine.last_turn();
  bench.step(input::SendText{"one"});
  CHECK(bench.machine.last_turn() == turn);
}

TEST_CASE("what is typed before there is a connection goes behind what was said") {
  TalkBench bench;
  bench.step(by_key());
  bench.step(input::SendText{"one"});
  SUBCASE("by key") {
    bench.hold(1000);
    bench.step(input::SendText{"two"});
    bench.reconnect();
    CHECK(bench.begun() == 1);
    CHECK(sent(bench).empty());
    bench.step(input::TalkSent{});
    CHECK(sent(bench) == R"(("one""two"))");
  }
  SUBCASE("nothing was said") {
    bench.reconnect();
    CHECK(sent(bench) == R"(("one"))");
  }
}

TEST_CASE("an answer that is not to be interrupted is waited for: the service would ignore it") {
  TalkBench bench;
  bench.begin(by_key(false));
  bench.answer();
  bench.step(input::SendText{"and"});
  CHECK(sent(bench).empty());
  bench.message({live::TurnComplete{}});
  CHECK(sent(bench) == R"(("and"))");
}

TEST_CASE("a connection that is lost meanwhile loses no text") {
  TalkBench bench;
  bench.begin(by_key());
  bench.press();
  bench.step(input::SendText{"one"});
  bench.wait_ms(1000);
  bench.release();
  bench.step(closed(1006));
  bench.step(input::TimerFired{Timer::retry});
  bench.forget();
  bench.reconnect();
  CHECK(sent(bench).empty());
  bench.step(input::TalkSent{});
  CHECK(sent(bench) == R"(("one"))");
}
