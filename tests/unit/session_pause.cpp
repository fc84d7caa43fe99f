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
