// The machine's connection: handed over, lost, made again, given up (live-api.md section 7).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;
using std::chrono::milliseconds;

namespace {

input::TransportClosed closed(std::uint16_t code, std::string reason = "") {
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::open;
  info.code = code;
  info.reason = std::move(reason);
  return {info};
}

input::TransportClosed unreachable() {
  live::CloseInfo info;
  info.local_error = "Connection refused";
  return {info};
}

// A session that listens and can be resumed.
struct Listening : Bench {
  explicit Listening(const input::Start& start = start_with()) {
    begin(start);
    message({live::ResumptionUpdate{"h1", true}});
    forget();
  }
  // What the connection that was asked for answers.
  void connected() {
    REQUIRE(any<action::OpenTransport>());
    forget();
    step(input::TransportOpened{});
    message({live::SetupComplete{}});
  }
  std::string setup() const {
    for (const auto& send : all<action::Send>()) {
      if (send.message.starts_with(R"({"setup":)")) return send.message;
    }
    return "";
  }
  bool sent(std::string_view words) const {
    for (const auto& send : all<action::Send>()) {
      if (send.message.find(words) != std::string::npos) return true;
    }
    return false;
  }
  milliseconds timer(Timer which) const {
    milliseconds delay{-1};
    for (const auto& set : all<action::SetTimer>()) {
      if (set.timer == which) delay = set.delay;
    }
    return delay;
  }
  void fire(Timer timer) { step(input::TimerFired{timer}); }
};

}  // namespace

TEST_CASE("goAway: at a quiet point the conversation moves to a new connection, unseen") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.message({live::GoAway{milliseconds(50'000)}});
  CHECK(bench.state() == State::listening);
  CHECK(bench.any<action::CloseTransport>());
  CHECK_FALSE(bench.machine.wants_audio());
  bench.connected();
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  CHECK(bench.setup().find("historyConfig") == std::string::npos);
  REQUIRE(bench.all<action::ReplayMicrophone>().size() == 1);
  CHECK(bench.all<action::ReplayMicrophone>()[0].since_ns == bench.now - 300'000'000);
  CHECK(bench.machine.wants_audio());
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

TEST_CASE("fatal ends of a running session end it at once, with their error") {
  const std::vector<std::pair<input::TransportClosed, Error>> rows{
      {closed(1007, "API key not valid. Please pass a valid API key."), Error::auth_failed},
      {closed(1007, "User location is not supported for the API use."), Error::auth_failed},
      {closed(1008, "Method doesn't allow unregistered callers"), Error::auth_failed},
      {closed(1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup'"),
       Error::protocol_error},
      {closed(1007, "Request contains an invalid argument."), Error::protocol_error},
      {closed(1008, "models/x is not found for API version v1beta"), Error::model_unavailable}};
  for (const auto& [end, error] : rows) {
    CAPTURE(end.info.reason);
    Listening bench;
    bench.wait_ms(1000);
    bench.step(end);
    CHECK(bench.state() == State::idle);
    CHECK(bench.machine.status().last_error.error == error);
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
    bench.answer();
    bench.message({live::TurnComplete{}});
    bench.message({live::ResumptionUpdate{"h2", true}});
    bench.message({live::GoAway{milliseconds(50'000)}});
    bench.connected();
    CHECK(bench.setup().find(R"("handle":"h2")") != std::string::npos);
    CHECK_FALSE(bench.sent("clientContent"));
  }
}

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

TEST_CASE("a server that gives notice at once is not stormed either") {
  Listening bench;
  bench.wait_ms(60'000);
  double waited_ms = 0;
  for (int i = 0; i < 20; ++i) {
    bench.forget();
    bench.message({live::GoAway{milliseconds(50'000)}});
    CHECK(bench.state() == State::listening);
    if (!bench.any<action::OpenTransport>()) {
      const auto wait = bench.timer(Timer::retry);
      REQUIRE(wait > milliseconds(0));
      waited_ms += static_cast<double>(wait.count());
      bench.wait_ms(wait.count());
      bench.fire(Timer::retry);
    }
    bench.connected();
  }
  CHECK(waited_ms > 300'000);
}

TEST_CASE("a connection that changes while the service does not react is watched anew") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  bench.connected();
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
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

TEST_CASE("what the microphone heard is not replayed to a user who is muted") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  bench.step(input::Mute{true});
  bench.connected();
  CHECK_FALSE(bench.any<action::ReplayMicrophone>());
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

TEST_CASE("no reaction to speech: a nudge, a new connection, and then a word to the user") {
  Listening bench;
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
  bench.wait_ms(8000);
  bench.fire(Timer::reaction);
  CHECK(bench.machine.counters().stalls == 1);
  CHECK(bench.sent("audioStreamEnd"));
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.wait_ms(5000);
  bench.fire(Timer::reaction);
  CHECK(bench.any<action::CloseTransport>());
  CHECK_FALSE(bench.any<action::Report>());
  bench.connected();
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.all<action::Report>()[0].failure.message.find("say it again") != std::string::npos);
  // A room that is only noisy does not make it go on like that.
  bench.forget();
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
}

TEST_CASE("a reaction of any kind calms the watchdog; a cough does not wake it") {
  Listening bench;
  bench.step(input::Voice{true});
  bench.wait_ms(600);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.message({live::InputTranscription{"well"}});
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
  bench.message({live::TurnComplete{}});
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
  bench.forget();
  bench.message({live::ResumptionUpdate{"", false}});
  CHECK(bench.any<action::CancelTimer>());
}

TEST_CASE("sleep closes everything, waking opens it again and goes on") {
  Listening bench;
  bench.answer();
  bench.forget();
  bench.step(input::GoingToSleep{});
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.any<action::CloseCapture>());
  CHECK(bench.any<action::ClosePlayback>());
  CHECK(bench.state() == State::reconnecting);
  bench.release();
  bench.step(input::Played{1, 10});
  bench.forget();
  bench.step(input::Woke{milliseconds(60'000)});
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
  bench.connected();
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  CHECK(bench.state() == State::listening);
}

TEST_CASE("devices that are not there yet after waking are waited for") {
  Listening bench;
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.step(input::Woke{milliseconds(60'000)});
  bench.forget();
  bench.step(input::PlaybackFailed{{Error::device_unavailable, "not yet"}});
  bench.step(input::CaptureFailed{{Error::device_unavailable, "not yet"}});
  CHECK(bench.machine.running());
  CHECK_FALSE(bench.machine.status().muted);
  CHECK(bench.timer(Timer::reopen) == milliseconds(1000));
  bench.fire(Timer::reopen);
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
}

TEST_CASE("after a sleep longer than idle_timeout no microphone opens by itself") {
  auto start = Bench::start_with();
  start.limits.idle_timeout = milliseconds(180'000);
  Listening bench(start);
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.forget();
  bench.step(input::Woke{milliseconds(181'000)});
  CHECK(bench.state() == State::idle);
  CHECK_FALSE(bench.any<action::OpenCapture>());
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::idle);
}

TEST_CASE("a lost address: a new connection at once; a new one ends the waiting") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::NetworkChanged{true});
  REQUIRE(bench.all<action::CloseTransport>().size() == 1);
  CHECK(bench.all<action::CloseTransport>()[0].abrupt);
  CHECK(bench.any<action::OpenTransport>());
  CHECK(bench.state() == State::reconnecting);
  bench.step(unreachable());
  CHECK(bench.timer(Timer::retry) > milliseconds(0));
  bench.forget();
  bench.step(input::NetworkChanged{false});
  bench.connected();
  CHECK(bench.state() == State::listening);
}

TEST_CASE("a lost device leaves the conversation running and is told once") {
  Listening bench;
  bench.step(input::CaptureLost{{Error::device_unavailable, "gone"}});
  CHECK(bench.state() == State::listening);
  CHECK_FALSE(bench.machine.status().capture_open);
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
  CHECK(bench.all<action::Report>().size() == 1);
  bench.step(input::CaptureOpened{});
  CHECK(bench.machine.status().capture_open);
  CHECK_FALSE(bench.machine.status().last_error);
  bench.step(input::PlaybackLost{{Error::device_unavailable, "gone"}});
  CHECK(bench.state() == State::listening);
  bench.step(input::Stop{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackClosed{});
  CHECK(bench.any<action::Ended>());
}

TEST_CASE("a session that is reconnecting ends when asked, and after idle_timeout") {
  auto start = Bench::start_with();
  start.limits.idle_timeout = milliseconds(180'000);
  Listening bench(start);
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.wait_ms(100'000);
  bench.fire(Timer::retry);
  bench.connected();  // no activity of anybody's
  bench.step(closed(1006));
  bench.wait_ms(20'000);
  bench.fire(Timer::idle);
  CHECK(bench.state() == State::idle);
  bench.forget();
  bench.fire(Timer::retry);
  CHECK_FALSE(bench.any<action::OpenTransport>());
}
