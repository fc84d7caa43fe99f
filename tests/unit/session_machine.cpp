// The machine: how a session begins, what is published of it, how it ends.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;

TEST_CASE("a session opens everything at once and listens when all of it is there") {
  Bench bench;
  bench.step(Bench::start_with());
  CHECK(bench.state() == State::connecting);
  CHECK(bench.any<action::OpenTransport>());
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
  CHECK_FALSE(bench.any<action::Send>());
  CHECK(bench.machine.status().session_id == "s1");

  bench.step(input::TransportOpened{});
  REQUIRE(bench.all<action::Send>().size() == 1);
  CHECK(bench.all<action::Send>()[0].message.starts_with(R"({"setup":)"));

  bench.message({live::SetupComplete{}});
  // What was said since the start.
  REQUIRE(bench.all<action::SendMicrophone>().size() == 1);
  CHECK(bench.all<action::SendMicrophone>()[0].since_ns == bench.now);
  CHECK_FALSE(bench.all<action::SendMicrophone>()[0].by_key);
  CHECK(bench.state() == State::connecting);  // the devices are not there yet
  bench.step(input::CaptureOpened{});
  bench.step(input::PlaybackOpened{});
  CHECK(bench.state() == State::listening);
  CHECK(bench.machine.counters().connects == 1);
}

TEST_CASE("nothing but setup is sent before setupComplete; typed text waits for it") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::Interrupt{});
  bench.step(input::SendText{"early"});
  bench.step(input::TransportOpened{});
  bench.step(input::Mute{true});
  CHECK(bench.all<action::Send>().size() == 1);
  bench.message({live::SetupComplete{}});
  REQUIRE(bench.all<action::Send>().size() == 2);
  CHECK(bench.all<action::Send>()[1].message == R"({"realtimeInput":{"text":"early"}})");
}

TEST_CASE("a question that is never answered does not keep the session alive") {
  Bench bench;
  auto start = Bench::start_with();
  start.limits.idle_timeout = config::milliseconds(60000);
  bench.begin(start);
  bench.message({live::InputTranscription{"noise"}});
  bench.wait_ms(60000);
  bench.step(input::TimerFired{Timer::idle});
  CHECK_FALSE(bench.machine.running());
}

TEST_CASE("without a session the profile and model are those that Start would use") {
  Bench bench;
  bench.step(input::Configured{"tutor", "m1"});
  CHECK(bench.machine.status().profile == "tutor");
  bench.begin();
  CHECK(bench.machine.status().profile == "assistant");
  bench.step(input::Configured{"support", "m2", true});
  CHECK(bench.machine.status().model == "gemini-3.8-live");
  CHECK_FALSE(bench.machine.status().by_key);
  bench.step(input::Stop{});
  bench.release();
  CHECK(bench.machine.status().profile == "support");
  CHECK(bench.machine.status().model == "m2");
  CHECK(bench.machine.status().by_key);
}

TEST_CASE("the connection's end is judged; a clean one is a hang-up") {
  Bench bench;
  bench.begin();
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::open;
  info.code = 1007;
  info.reason = "API key not valid. Please pass a valid API key.";
  bench.step(input::TransportClosed{info});
  bench.release();
  CHECK(bench.machine.status().last_error.error == Error::auth_failed);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::error);

  // Twice: once is answered with a new connection.
  Bench clean;
  clean.begin();
  clean.message({live::ResumptionUpdate{"h", true}});
  info.code = 1000;
  clean.step(input::TransportClosed{info});
  clean.step(input::TransportOpened{});
  clean.message({live::SetupComplete{}});
  clean.step(input::TransportClosed{info});
  clean.release();
  CHECK_FALSE(clean.any<action::Report>());
  CHECK(clean.all<action::Ended>()[0].reason == EndReason::hung_up);
}

TEST_CASE("a service that never completes the setup is given up in time") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::TransportOpened{});
  const auto timers = bench.all<action::SetTimer>();
  REQUIRE_FALSE(timers.empty());
  CHECK(timers[0].timer == Timer::setup);
  bench.step(input::TimerFired{Timer::setup});
  CHECK(bench.machine.status().last_error.error == Error::network_unavailable);
  CHECK(bench.state() == State::idle);
}

TEST_CASE("silence ends the session after idle_timeout, an answer does not count as silence") {
  Bench bench;
  auto start = Bench::start_with();
  start.limits.idle_timeout = config::milliseconds(60000);
  bench.begin(start);
  bench.wait_ms(40000);
  bench.answer();
  bench.wait_ms(20000);
  bench.step(input::TimerFired{Timer::idle});
  CHECK(bench.machine.running());
  bench.message({live::TurnComplete{}});
  bench.step(input::Played{1, 10});
  bench.forget();
  bench.wait_ms(59000);
  bench.step(input::TimerFired{Timer::idle});
  CHECK(bench.machine.running());
  REQUIRE(bench.all<action::SetTimer>().size() == 1);
  CHECK(bench.all<action::SetTimer>()[0].delay == config::milliseconds(1000));
  bench.wait_ms(1000);
  bench.step(input::TimerFired{Timer::idle});
  bench.release();
  CHECK(bench.all<action::Ended>().at(0).reason == EndReason::idle);
}

TEST_CASE("idle_timeout of zero sets no timer; max_duration ends the session") {
  Bench bench;
  auto start = Bench::start_with();
  start.limits.idle_timeout = config::milliseconds(0);
  start.limits.max_duration = config::milliseconds(5000);
  bench.step(start);
  for (const auto& set : bench.all<action::SetTimer>())
    CHECK(set.timer != Timer::idle);
  bench.step(input::TimerFired{Timer::max_duration});
  bench.release();
  CHECK(bench.all<action::Ended>().at(0).reason == EndReason::hung_up);
}

TEST_CASE("who hears that the session ended finds the properties that say so") {
  Bench bench;
  bench.begin();
  bench.step(input::Stop{});
  bench.forget();
  bench.release();
  REQUIRE(bench.seen.size() >= 2);
  CHECK(std::holds_alternative<action::Ended>(bench.seen.back()));
  CHECK(std::holds_alternative<action::Publish>(bench.seen[bench.seen.size() - 2]));
}

TEST_CASE("status is published exactly when it changed") {
  Bench bench;
  bench.begin();
  bench.message({live::OutputTranscription{"x"}});
  CHECK_FALSE(bench.any<action::Publish>());
  bench.step(input::Mute{true});
  CHECK(bench.all<action::Publish>().size() == 1);
  bench.step(input::Mute{true});
  CHECK(bench.all<action::Publish>().size() == 1);
}

TEST_CASE("a refused command is LastError without a session") {
  Bench bench;
  bench.step(input::Refused{{Error::no_api_key, "none"}});
  CHECK(bench.machine.status().last_error.error == Error::no_api_key);
  CHECK(bench.state() == State::idle);
  CHECK(bench.any<action::Report>());
  CHECK_FALSE(bench.any<action::Ended>());
}
