// What outlives a connection and a session: handles, words said and typed (live-api.md
// section 7.4).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/listening_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;
using std::chrono::milliseconds;

TEST_CASE("internal errors right after resuming: the handle is kept once, then dropped") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1011, "Internal error encountered."));
  bench.fire(Timer::retry);
  bench.step(input::TransportOpened{});
  bench.step(closed(1011, "Internal error encountered."));
  bench.fire(Timer::retry);
  bench.forget();
  bench.step(input::TransportOpened{});
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  bench.step(closed(1011, "Internal error encountered."));
  bench.fire(Timer::retry);
  bench.forget();
  bench.step(input::TransportOpened{});
  CHECK(bench.setup().find("\"handle\"") == std::string::npos);
}

TEST_CASE("a handle gets one more try while the service believes in the old connection") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  for (int i = 0; i < 3; ++i) {
    bench.fire(Timer::retry);
    bench.forget();
    bench.step(input::TransportOpened{});
    CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
    bench.step(closed(1011, "Internal error encountered."));
  }
  bench.fire(Timer::retry);
  bench.forget();
  bench.step(input::TransportOpened{});
  CHECK(bench.setup().find("\"handle\"") == std::string::npos);
}

TEST_CASE("what was said in one profile is not told in another") {
  Listening bench;
  bench.answer("a secret");
  bench.message({live::TurnComplete{}});
  bench.step(input::Played{1, 100});
  bench.step(input::Stop{});
  bench.release();
  auto start = Bench::start_with();
  start.profile_name = "tutor";
  start.kept = {"of the tutor", "gemini-3.8-live"};
  bench.step(start);
  bench.step(input::TransportOpened{});
  bench.step(closed(1007, "Invalid session handle"));
  bench.connected();
  CHECK_FALSE(bench.sent("a secret"));
}

TEST_CASE("a handle is kept for the profile of its session, however that ends") {
  auto start = Bench::start_with();
  start.profile_name = "tutor";
  Listening bench(start);
  bench.step(input::Configured{"assistant", "gemini-3.8-live"});
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.forget();
  bench.step(input::Stop{true});
  REQUIRE(bench.all<action::KeepHandle>().size() == 1);
  CHECK(bench.all<action::KeepHandle>()[0].profile == "tutor");
}

TEST_CASE("a paused conversation goes on; where it cannot, a new one begins") {
  auto start = Bench::start_with();
  start.kept = {"old", "gemini-3.8-live"};
  Bench bench;
  bench.step(start);
  bench.step(input::TransportOpened{});
  CHECK(bench.all<action::Send>()[0].message.find(R"("handle":"old")") != std::string::npos);
  bench.step(closed(1007, "Invalid session handle"));
  CHECK(bench.state() == State::connecting);
  bench.forget();
  bench.step(input::TransportOpened{});
  CHECK(bench.all<action::Send>()[0].message.find("\"handle\"") == std::string::npos);
  CHECK_FALSE(bench.any<action::Report>());
}

TEST_CASE("a trouble of the service at the start does not cost a paused conversation") {
  auto start = Bench::start_with();
  start.kept = {"old", "gemini-3.8-live"};
  Bench bench;
  bench.step(start);
  for (const bool offered : {true, true, false}) {
    bench.forget();
    bench.step(input::TransportOpened{});
    CHECK((bench.all<action::Send>()[0].message.find("\"handle\"") != std::string::npos) ==
          offered);
    bench.step(closed(1011, "Internal error encountered."));
    bench.step(input::TimerFired{Timer::retry});
  }
  CHECK(bench.state() == State::idle);
  CHECK(bench.machine.status().last_error.error == Error::network_unavailable);
  CHECK_FALSE(bench.any<action::KeepHandle>());
}

TEST_CASE("a mistake in the configuration does not cost a paused conversation either") {
  const auto mistake = closed(1007, "no matching speaker voice");
  const auto no_model = closed(1008, "models/x is not found for API version v1beta");
  for (const auto& end : {mistake, no_model}) {
    CAPTURE(end.info.reason);
    auto start = Bench::start_with();
    start.kept = {"old", "gemini-3.8-live"};
    Bench bench;
    bench.step(start);
    for (int i = 0; i < 4 && bench.machine.running(); ++i) {
      bench.step(input::TransportOpened{});
      bench.step(end);
      bench.step(input::TimerFired{Timer::retry});
    }
    CHECK(bench.state() == State::idle);
    CHECK_FALSE(bench.any<action::KeepHandle>());
  }
}

TEST_CASE("a kept handle that was refused goes once a new conversation has begun") {
  auto start = Bench::start_with();
  start.kept = {"old", "gemini-3.8-live"};
  Bench refused;
  refused.step(start);
  refused.step(input::TransportOpened{});
  refused.step(closed(1007, "Invalid session handle"));
  CHECK_FALSE(refused.any<action::KeepHandle>());
  refused.step(input::TransportOpened{});
  refused.message({live::SetupComplete{}});
  REQUIRE(refused.all<action::KeepHandle>().size() == 1);
  CHECK(refused.all<action::KeepHandle>()[0].handle.value.empty());
}

TEST_CASE("a conversation that ends without a connection is as old as its last one") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.forget();
  bench.step(input::Stop{});
  CHECK_FALSE(bench.any<action::KeepHandle>());
}

TEST_CASE("a handle that is dead is not offered to the next session either") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1008, "Requested entity was not found."));
  REQUIRE(bench.all<action::KeepHandle>().size() == 1);
  CHECK(bench.all<action::KeepHandle>()[0].handle.value.empty());
}

TEST_CASE("a session that never was does not make a kept handle younger") {
  auto start = Bench::start_with();
  start.kept = {"old", "gemini-3.8-live"};
  Bench bench;
  bench.step(start);
  bench.step(input::TransportClosed{});
  CHECK(bench.state() == State::idle);
  CHECK_FALSE(bench.any<action::KeepHandle>());
}

TEST_CASE("a paused conversation's model is gone: the profile's own are tried") {
  config::Profile profile;
  profile.model = "a";
  profile.fallback_models = {"b", "c"};
  auto start = Bench::start_with(profile);
  start.kept = {"old", "b"};
  Bench bench;
  bench.step(start);
  for (const auto* model : {"models/b", "models/a", "models/c"}) {
    bench.forget();
    bench.step(input::TransportOpened{});
    CHECK(bench.all<action::Send>()[0].message.find(model) != std::string::npos);
    bench.step(closed(1008, "models/x is not found for API version v1beta"));
    bench.step(input::TimerFired{Timer::retry});
  }
  CHECK(bench.machine.status().last_error.error == Error::model_unavailable);
}

TEST_CASE("a handle that the service quotes is not shown, whole or cut") {
  auto start = Bench::start_with();
  start.kept = {"Cihfb2x0aGUtc2VjcmV0LWhhbmRsZQ", "gemini-3.8-live"};
  for (const std::string quoted : {"Cihfb2x0aGUtc2VjcmV0LWhhbmRsZQ", "Cihfb2x0aGUt"}) {
    Bench bench;
    bench.begin(start);
    for (int i = 0; i < 30; ++i) {
      const std::string newer = "a newer one: " + std::to_string(i);
      bench.message({live::ResumptionUpdate{newer, true}});
    }
    bench.step(closed(1008, "session expired: " + quoted));
    for (const auto& log : bench.all<action::Log>())
      CHECK(log.text.find("Cihfb2x0") == std::string::npos);
    REQUIRE(bench.all<action::Report>().size() == 1);
    const std::string shown = bench.all<action::Report>()[0].failure.message;
    CHECK(shown.find("Cihfb2x0") == std::string::npos);
    CHECK(shown.find("session expired: [handle]") != std::string::npos);
  }
}

TEST_CASE("a handle is used with its own model only") {
  config::Profile profile;
  profile.model = "a";
  profile.fallback_models = {"b"};
  auto start = Bench::start_with(profile);
  start.kept = {"old", "b"};
  Bench bench;
  bench.step(start);
  CHECK(bench.machine.status().model == "b");
  start.kept = {"old", "z"};
  Bench other;
  other.step(start);
  other.step(input::TransportOpened{});
  CHECK(other.all<action::Send>()[0].message.find("models/a") != std::string::npos);
  CHECK(other.all<action::Send>()[0].message.find("\"handle\"") == std::string::npos);
}

TEST_CASE("the handle is kept as it comes and at the end, and dropped where asked") {
  Bench bench;
  bench.begin();
  bench.message({live::ResumptionUpdate{"h1", true}});
  bench.message({live::ResumptionUpdate{"", false}});
  bench.message({live::ResumptionUpdate{"h1", true}});
  REQUIRE(bench.all<action::KeepHandle>().size() == 1);
  CHECK(bench.all<action::KeepHandle>()[0].handle.value == "h1");
  CHECK(bench.all<action::KeepHandle>()[0].handle.model == "gemini-3.8-live");
  bench.forget();
  bench.step(input::Stop{});
  REQUIRE(bench.all<action::KeepHandle>().size() == 1);
  CHECK(bench.all<action::KeepHandle>()[0].handle.value == "h1");
  Listening other;
  other.step(input::Stop{true});
  REQUIRE(other.all<action::KeepHandle>().size() == 1);
  CHECK(other.all<action::KeepHandle>()[0].handle.value.empty());
}

TEST_CASE("typed text that was interrupted is not sent when the connection is back") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::SendText{"one"});
  bench.step(closed(1006));
  bench.step(input::SendText{"two"});
  bench.step(input::Interrupt{});
  bench.fire(Timer::retry);
  bench.connected();
  CHECK_FALSE(bench.sent(R"({"realtimeInput":)"));
  // Nothing of the service's is taken for the answer to it.
  bench.message({live::InputTranscription{"three"}});
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
  bench.message({live::TurnComplete{}});
  bench.step(input::Played{bench.machine.last_turn(), 50});
  CHECK(bench.state() == State::listening);
}

TEST_CASE("typed text that cut an answer is not lost with that answer's end") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.answer();
  bench.step(input::SendText{"two"});
  bench.message({live::Interrupted{}, live::TurnComplete{}});
  bench.step(closed(1006));
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.sent(R"({"realtimeInput":{"text":"two"}})"));
}

TEST_CASE("typed text that is told as history is not sent as well") {
  Listening bench;
  bench.step(input::SendText{"one"});
  bench.step(input::SendText{"two"});
  bench.step(closed(1008, "Requested entity was not found."));
  bench.connected();
  CHECK(bench.sent("historyConfig"));
  CHECK(bench.sent(R"({"text":"one"})"));
  CHECK_FALSE(bench.sent(R"({"realtimeInput":{"text":"one"}})"));
  CHECK(bench.sent(R"({"realtimeInput":{"text":"two"}})"));
}

TEST_CASE("typed text of an answer that is still heard is told, and not sent as well") {
  Listening bench;
  bench.step(input::SendText{"one"});
  bench.step(input::SendText{"two"});
  bench.message({live::AudioPart{"AAAA", 24000}});
  bench.step(input::SendText{"three"});
  bench.step(closed(1008, "Requested entity was not found."));
  bench.connected();
  CHECK(bench.sent(R"({"realtimeInput":{"text":"three"}})"));
  CHECK_FALSE(bench.sent(R"({"realtimeInput":{"text":"two"}})"));
  CHECK_FALSE(bench.sent(R"({"realtimeInput":{"text":"one"}})"));
}

TEST_CASE("a missing model says nothing about who holds the old connection") {
  Resumption resumption;
  resumption.begin({"h1", "a"});
  const auto bad_end = [&resumption] {
    resumption.offer("a");
    resumption.ended(live::Remedy::overload, std::chrono::seconds(0));
  };
  resumption.offer("a");
  resumption.ended(live::Remedy::other_model, std::chrono::seconds(0));
  bad_end();
  CHECK(resumption.any());
  bad_end();
  CHECK_FALSE(resumption.any());
}

TEST_CASE("typed text that was not answered is sent again; text that was is not") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::SendText{"one"});
  bench.message({live::ResumptionUpdate{"of the turn before", true}});
  bench.step(closed(1006));
  bench.step(input::SendText{"two"});
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.sent(R"({"realtimeInput":{"text":"one"}})"));
  CHECK(bench.sent(R"({"realtimeInput":{"text":"two"}})"));
  CHECK(bench.state() == State::thinking);
  bench.message({live::AudioPart{"AAAA", 24000}});
  bench.forget();
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.fire(Timer::retry);
  bench.connected();
  CHECK_FALSE(bench.sent(R"({"realtimeInput":)"));
  bench.step(input::Played{2, 50});
  CHECK(bench.state() == State::listening);
}
