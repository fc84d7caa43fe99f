// The machine loses its connection: made again, or given up (live-api.md sections 2.8, 7.3, 7.6).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/listening_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;
using std::chrono::milliseconds;

TEST_CASE("fatal ends of a running session end it at once, with their error") {
  const std::vector<std::pair<input::TransportClosed, Error>> rows{
      {closed(1007, "API key not valid. Please pass a valid API key."), Error::auth_failed},
      {closed(1007, "User location is not supported for the API use."), Error::auth_failed},
      {closed(1008, "Method doesn't allow unregistered callers"), Error::auth_failed},
      {closed(1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup'"),
       Error::protocol_error},
      {closed(1007, "Request contains an invalid argument."), Error::protocol_error},
      {closed(1008, "models/x is not found for API version v1beta"), Error::model_unavailable}};
  for (const auto& row : rows) {
    CAPTURE(row.first.info.reason);
    Listening bench;
    bench.wait_ms(1000);
    bench.step(row.first);
    CHECK(bench.state() == State::idle);
    CHECK(bench.machine.status().last_error.error == row.second);
    CHECK_FALSE(bench.any<action::OpenTransport>());
  }
}

TEST_CASE("a full context ends in a fresh session without the history that filled it") {
  Listening bench;
  bench.answer();
  bench.message({live::TurnComplete{}});
  bench.step(input::Played{1, 100});
  bench.wait_ms(20 * 60'000);
  bench.step(closed(1007, "Request contains an invalid argument."));
  bench.connected();
  CHECK(bench.setup().find("handle") == std::string::npos);
  CHECK(bench.setup().find("historyConfig") == std::string::npos);
}

TEST_CASE("a context that is full when it is resumed is dropped likewise, once") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  bench.step(input::TransportOpened{});
  bench.step(closed(1007, "Request contains an invalid argument."));
  CHECK(bench.machine.running());
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.setup().find("\"handle\"") == std::string::npos);
  bench.step(closed(1007, "Request contains an invalid argument."));
  CHECK(bench.state() == State::idle);
  CHECK(bench.machine.status().last_error.error == Error::protocol_error);
}

TEST_CASE("a dead handle is dropped, and the fresh session is told what was said") {
  for (const std::string reason :
       {"BidiGenerateContent session not found", "BidiGenerateContent session expired",
        "Requested entity was not found."}) {
    CAPTURE(reason);
    Listening bench;
    bench.answer("hello there");
    bench.message({live::TurnComplete{}});
    bench.step(input::Played{1, 100});
    bench.wait_ms(60'000);
    bench.step(closed(1006));
    bench.fire(Timer::retry);
    bench.forget();
    bench.step(input::TransportOpened{});
    CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
    bench.step(closed(1008, reason));
    bench.forget();
    bench.fire(Timer::retry);
    bench.connected();
    CHECK(bench.setup().find("\"handle\"") == std::string::npos);
    CHECK(bench.setup().find("initialHistoryInClientContent") != std::string::npos);
    CHECK(bench.sent(R"({"role":"user","parts":[{"text":"hi"}]})"));
    CHECK(bench.sent(R"({"role":"model","parts":[{"text":"hello there"}]})"));
    CHECK(bench.sent(R"("turnComplete":true)"));
    // The next one is resumed and told nothing twice.
    bench.step(input::Voice{true});
    bench.step(input::Voice{false});
    bench.answer();
    bench.message({live::TurnComplete{}});
    bench.message({live::ResumptionUpdate{"h2", true}});
    bench.message({live::GoAway{milliseconds(50'000)}});
    bench.connected();
    CHECK(bench.setup().find(R"("handle":"h2")") != std::string::npos);
    CHECK_FALSE(bench.sent("clientContent"));
  }
}

TEST_CASE("a server that always accepts and then closes is not stormed") {
  Listening bench;
  bench.wait_ms(60'000);
  double waited_ms = 0;
  double last_ms = 0;
  int attempts = 0;
  for (; attempts < 20; ++attempts) {
    bench.forget();
    bench.step(closed(1011, "Internal error encountered."));
    last_ms = static_cast<double>(bench.timer(Timer::retry).count());
    CHECK(last_ms <= 36'000);
    waited_ms += last_ms;
    bench.wait_ms(static_cast<std::int64_t>(last_ms));
    bench.fire(Timer::retry);
    bench.connected();
    bench.message({live::ResumptionUpdate{"h" + std::to_string(attempts + 2), true}});
    bench.wait_ms(50);
  }
  CHECK(last_ms >= 24'000);
  CHECK(waited_ms > 300'000);  // 20 connections in more than five minutes
  // The ordinary end, too, is answered at once only the first time.
  bench.wait_ms(60'000);
  bench.forget();
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  CHECK(bench.any<action::OpenTransport>());
  bench.connected();
  bench.forget();
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  CHECK_FALSE(bench.any<action::OpenTransport>());
  CHECK(bench.timer(Timer::retry) >= milliseconds(400));
}

TEST_CASE("an outage is told once, however often it comes and goes within half a minute") {
  Listening bench;
  bench.wait_ms(60'000);
  for (int i = 0; i < 5; ++i) {
    bench.step(closed(1006));
    CHECK(bench.machine.status().last_error);
    bench.fire(Timer::retry);
    bench.step(input::TransportOpened{});
    bench.message({live::SetupComplete{}});
    CHECK_FALSE(bench.machine.status().last_error);
    bench.wait_ms(1000);
  }
  CHECK(bench.all<action::Report>().size() == 1);
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  CHECK(bench.all<action::Report>().size() == 2);
}

TEST_CASE("quota: a minute and more between the attempts, and the user knows") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1011, "You exceeded your current quota, please check your plan"));
  CHECK(bench.timer(Timer::retry) >= milliseconds(52'000));
  CHECK(bench.timer(Timer::retry) <= milliseconds(78'000));
  CHECK(bench.machine.status().last_error.error == Error::quota_exceeded);
  CHECK(bench.state() == State::reconnecting);
  bench.step(input::NetworkChanged{false});  // changes nothing about a quota
  CHECK_FALSE(bench.any<action::OpenTransport>());
}

TEST_CASE("a missing model: the next of the list, at the start and in mid-session") {
  config::Profile profile;
  profile.model = "a";
  profile.fallback_models = {"b", "c"};
  Bench bench;
  bench.step(Bench::start_with(profile));
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  bench.step(input::TransportOpened{});
  bench.step(closed(1008, "models/a is not found for API version v1beta"));
  CHECK(bench.machine.status().model == "b");
  CHECK_FALSE(bench.any<action::Report>());
  bench.forget();
  bench.step(input::TransportOpened{});
  CHECK(bench.all<action::Send>().at(0).message.find("models/b") != std::string::npos);
  bench.message({live::SetupComplete{}, live::ResumptionUpdate{"hb", true}});
  CHECK(bench.state() == State::listening);
  bench.wait_ms(60'000);
  bench.forget();
  bench.step(closed(1008, "models/b is not found for API version v1beta"));
  bench.step(input::TransportOpened{});
  REQUIRE_FALSE(bench.all<action::Send>().empty());
  CHECK(bench.all<action::Send>()[0].message.find("models/c") != std::string::npos);
  CHECK(bench.all<action::Send>()[0].message.find("handle") == std::string::npos);
  bench.step(closed(1008, "models/c is not found for API version v1beta"));
  CHECK(bench.state() == State::idle);
  CHECK(bench.machine.status().last_error.error == Error::model_unavailable);
}

TEST_CASE("who starts a session hears at once that it cannot be had") {
  for (const auto& end : {unreachable(), closed(1011, "Internal error encountered."),
                          closed(1011, "You exceeded your current quota")}) {
    Bench bench;
    bench.step(Bench::start_with());
    bench.step(input::TransportOpened{});
    bench.step(end);
    CHECK(bench.state() == State::idle);
    CHECK(bench.all<action::Report>().size() == 1);
  }
}

TEST_CASE("a refused key is a refused key, with a handle or without") {
  auto start = Bench::start_with();
  start.kept = {"old", "gemini-3.8-live"};
  Bench bench;
  bench.step(start);
  bench.step(input::TransportOpened{});
  bench.step(closed(1007, "API key not valid. Please pass a valid API key."));
  CHECK(bench.state() == State::idle);
  CHECK(bench.machine.status().last_error.error == Error::auth_failed);
}

TEST_CASE("a service that ends every connection cleanly is taken at its word the second time") {
  Listening bench;
  for (int i = 0; i < 3; ++i) {  // each of them was of use
    bench.wait_ms(60'000);
    bench.step(closed(1000));
    bench.connected();
  }
  bench.wait_ms(1000);
  bench.step(closed(1008, "Requested entity was not found."));  // no handle any more
  bench.fire(Timer::retry);
  bench.connected();
  bench.step(closed(1000));
  CHECK(bench.machine.running());
  bench.fire(Timer::retry);
  bench.connected();
  bench.step(closed(1000));
  CHECK(bench.state() == State::idle);
}

TEST_CASE("a server that says a word to nobody and closes is not stormed either") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.forget();
  milliseconds longest{0};
  for (int i = 0; i < 12; ++i) {
    bench.message({live::AudioPart{"AAAA", 24000}, live::TurnComplete{}});
    bench.step(closed(1011, "Deadline expired before operation could complete."));
    longest = std::max(longest, bench.timer(Timer::retry));
    bench.fire(Timer::retry);
    bench.connected();
  }
  CHECK(longest > milliseconds(20'000));
}

TEST_CASE("a fresh session is also told what is still being heard") {
  Listening bench;
  bench.answer("hello there");
  bench.message({live::TurnComplete{}});
  bench.step(closed(1008, "Requested entity was not found."));
  CHECK(bench.state() == State::reconnecting);
  bench.connected();
  CHECK(bench.sent(R"({"role":"user","parts":[{"text":"hi"}]})"));
  CHECK(bench.sent(R"({"role":"model","parts":[{"text":"hello there"}]})"));
}

TEST_CASE("a conversation that breaks every connection is given up, however many handles it has") {
  Listening bench;
  bench.wait_ms(60'000);
  for (const auto* handle : {"h2", "h3"}) {
    bench.step(closed(1011, "Internal error encountered."));
    bench.fire(Timer::retry);
    bench.connected();
    CHECK(bench.setup().find("\"handle\"") != std::string::npos);
    bench.message({live::ResumptionUpdate{handle, true}});
  }
  bench.step(closed(1011, "Internal error encountered."));
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.setup().find("\"handle\"") == std::string::npos);
}

TEST_CASE("a spoken question that goes with an ordinary end of the connection is told") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.message({live::InputTranscription{"how long?"}});
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  CHECK(bench.all<action::Report>().size() == 1);
}

TEST_CASE("history that was refused is not told again while its answer is still being heard") {
  Listening bench;
  bench.answer("hello there");
  bench.message({live::TurnComplete{}});
  bench.step(closed(1008, "Requested entity was not found."));
  bench.connected();
  CHECK(bench.sent("clientContent"));
  bench.step(closed(1007, "Invalid JSON payload received."));
  bench.fire(Timer::retry);
  bench.connected();
  CHECK_FALSE(bench.sent("clientContent"));
}
