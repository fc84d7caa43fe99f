// The machine changes its connection as planned (live-api.md section 7.2).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/listening_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;
using std::chrono::milliseconds;

TEST_CASE("goAway: at a quiet point the conversation moves to a new connection, unseen") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  CHECK(bench.state() == State::listening);
  CHECK(bench.any<action::CloseTransport>());
  bench.connected();
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  CHECK(bench.setup().find("historyConfig") == std::string::npos);
  REQUIRE(bench.all<action::SendMicrophone>().size() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == bench.now - 300'000'000);
  CHECK(bench.machine.counters().handovers == 1);
  CHECK(bench.machine.counters().reconnects == 0);
  CHECK_FALSE(bench.any<action::Report>());
  CHECK_FALSE(bench.any<action::Publish>());
}

TEST_CASE("a hand-over waits for the answer, for the speaker, and for the handle that knows both") {
  Listening bench;
  bench.answer();
  bench.message({live::GoAway{milliseconds(50'000)}});
  CHECK_FALSE(bench.any<action::CloseTransport>());
  CHECK(bench.timer(Timer::rotation_deadline) == milliseconds(47'000));
  bench.message({live::ResumptionUpdate{"", false}});
  bench.message({live::GenerationComplete{}});
  bench.message({live::TurnComplete{}});
  CHECK_FALSE(bench.any<action::CloseTransport>());  // the handle is older than the answer
  bench.step(input::Voice{true});
  bench.message({live::ResumptionUpdate{"h2", true}});
  CHECK_FALSE(bench.any<action::CloseTransport>());  // the user speaks
  bench.wait_ms(800);
  bench.step(input::Voice{false});
  CHECK_FALSE(bench.any<action::CloseTransport>());  // the service has yet to react to it
  bench.message({live::InputTranscription{"and"}});
  bench.message({live::AudioPart{"AAAA", 24000}});
  bench.message({live::TurnComplete{}});
  bench.message({live::ResumptionUpdate{"h3", true}});
  CHECK(bench.any<action::CloseTransport>());
  // What was received plays on.
  CHECK(bench.state() == State::speaking);
  CHECK_FALSE(bench.any<action::Flush>());
  bench.connected();
  CHECK(bench.setup().find(R"("handle":"h3")") != std::string::npos);
  CHECK(bench.state() == State::speaking);
}

TEST_CASE("speech that the service ignores holds a hand-over up for five seconds") {
  Listening bench;
  bench.step(input::Voice{true});
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.wait_ms(600);
  bench.step(input::Voice{false});
  CHECK_FALSE(bench.any<action::CloseTransport>());
  CHECK(bench.timer(Timer::rotation) == milliseconds(5000));
  bench.wait_ms(5000);
  bench.fire(Timer::rotation);
  CHECK(bench.any<action::CloseTransport>());
}

TEST_CASE("at the deadline the conversation moves, quiet or not") {
  Listening bench;
  bench.answer();
  bench.message({live::GoAway{milliseconds(500)}});
  CHECK(bench.timer(Timer::rotation_deadline) == milliseconds(1000));
  bench.wait_ms(1000);
  bench.fire(Timer::rotation_deadline);
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.all<action::EndTurn>().size() == 1);  // what came of the answer is heard to its end
  CHECK(bench.state() == State::speaking);
  bench.connected();
  CHECK(bench.machine.counters().handovers == 1);
  bench.step(input::Played{1, 700});
  CHECK(bench.state() == State::listening);
  REQUIRE(bench.all<action::Completed>().size() == 2);
  CHECK(bench.all<action::Completed>()[1].details.interrupted);
}

TEST_CASE("the notice may never come: the connection is renewed by its age") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  bench.step(input::TransportOpened{});
  bench.message({live::SetupComplete{}, live::ResumptionUpdate{"h1", true}});
  milliseconds age{0};
  for (const auto& set : bench.all<action::SetTimer>()) {
    if (set.timer == Timer::rotation) age = set.delay;
  }
  CHECK(age == milliseconds(540'000));
  bench.forget();
  bench.wait_ms(540'000);
  bench.step(input::TimerFired{Timer::rotation});
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.any<action::OpenTransport>());
}

TEST_CASE("a hand-over that fails is an outage: told once, and State says reconnecting") {
  Listening bench;
  bench.wait_ms(40'000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.step(unreachable());
  CHECK(bench.state() == State::reconnecting);
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.all<action::Report>()[0].failure.error == Error::network_unavailable);
  CHECK(bench.machine.status().last_error);
  bench.fire(Timer::retry);
  bench.step(unreachable());
  bench.fire(Timer::retry);
  CHECK(bench.all<action::Report>().size() == 1);
  bench.connected();
  CHECK(bench.state() == State::listening);
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  CHECK_FALSE(bench.machine.status().last_error);
  CHECK(bench.machine.counters().handovers == 0);
  CHECK(bench.machine.counters().reconnects == 1);
}

TEST_CASE("the ordinary end of a connection is no news if the next one can be had at once") {
  Listening bench;
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  CHECK(bench.state() == State::reconnecting);
  CHECK(bench.any<action::OpenTransport>());  // at once
  CHECK_FALSE(bench.any<action::Report>());
  bench.connected();
  CHECK(bench.state() == State::listening);
  CHECK(bench.machine.counters().reconnects == 1);
}

TEST_CASE("a server that gives notice at once is not stormed either") {
  Listening bench;
  bench.wait_ms(60'000);
  double waited_ms = 0;
  for (int i = 0; i < 20; ++i) {
    bench.forget();
    bench.message({live::GoAway{milliseconds(50'000)}});
    if (!bench.any<action::OpenTransport>()) {
      const auto wait = bench.timer(Timer::retry);
      // Nobody is made to believe that he is listened to.
      CHECK(bench.state() == (wait > milliseconds(1000) ? State::reconnecting : State::listening));
      REQUIRE(wait > milliseconds(0));
      waited_ms += static_cast<double>(wait.count());
      bench.wait_ms(wait.count());
      bench.fire(Timer::retry);
    }
    bench.connected();
  }
  CHECK(waited_ms > 300'000);
}

TEST_CASE("who begins to speak while the connection changes, and is answered, has been served") {
  Listening bench;
  for (int i = 0; i < 10; ++i) {
    bench.wait_ms(5000);
    bench.forget();
    bench.message({live::GoAway{milliseconds(50'000)}});
    REQUIRE(bench.any<action::OpenTransport>());
    bench.step(input::TransportOpened{});
    bench.step(input::Voice{true});
    bench.message({live::SetupComplete{}});
    bench.wait_ms(1000);
    bench.step(input::Voice{false});
    bench.answer();
    bench.message({live::TurnComplete{}});
    bench.step(input::Played{bench.machine.last_turn(), 1000});
    bench.message({live::ResumptionUpdate{"h" + std::to_string(i + 2), true}});
  }
}

TEST_CASE("a sentence that ends with a mute holds a hand-over up like one that ends with silence") {
  Listening bench;
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.step(input::Mute{true});
  CHECK_FALSE(bench.any<action::CloseTransport>());
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
  bench.message({live::InputTranscription{"and now"}});
  bench.message({live::AudioPart{"AAAA", 24000}, live::TurnComplete{}});
  bench.message({live::ResumptionUpdate{"h2", true}});
  CHECK(bench.any<action::CloseTransport>());
}

TEST_CASE("what the microphone heard is not replayed to a user who is muted") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  bench.step(input::Mute{true});
  bench.connected();
  CHECK_FALSE(bench.any<action::SendMicrophone>());
}

TEST_CASE("notices that tell nothing new change nothing and fill no log") {
  Listening bench;
  bench.answer();
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.forget();
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.wait_ms(1000);
  bench.message({live::GoAway{milliseconds(60'000)}});
  CHECK(bench.seen.empty());
  bench.message({live::GoAway{milliseconds(10'000)}});
  CHECK(bench.timer(Timer::rotation_deadline) == milliseconds(7'000));
  CHECK_FALSE(bench.any<action::Log>());
}

TEST_CASE("a notice right after speech looks for the quiet point once the speech is old") {
  Listening bench;
  bench.step(input::Voice{true});
  bench.wait_ms(600);
  bench.step(input::Voice{false});
  bench.wait_ms(2000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  CHECK_FALSE(bench.any<action::CloseTransport>());
  CHECK(bench.timer(Timer::rotation) == milliseconds(3000));
  bench.wait_ms(3000);
  bench.fire(Timer::rotation);
  CHECK(bench.any<action::CloseTransport>());
}

TEST_CASE("no more than the last second of the microphone is replayed") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.wait_ms(20'000);
  bench.fire(Timer::retry);
  bench.connected();
  REQUIRE(bench.all<action::SendMicrophone>().size() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == bench.now - 1'000'000'000);
}
