#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

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
  CHECK_FALSE(bench.machine.wants_audio());

  bench.message({live::SetupComplete{}});
  CHECK(bench.machine.wants_audio());
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

TEST_CASE("a turn from question to the last sample heard") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"what "}, live::InputTranscription{"time"}});
  CHECK(bench.state() == State::thinking);
  bench.wait_ms(400);
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"noon"}});
  CHECK(bench.state() == State::speaking);
  bench.step(input::PlayStarted{1, bench.now + 5'000'000});
  bench.message({live::GenerationComplete{}});
  CHECK(bench.all<action::EndTurn>().size() == 1);
  bench.message({live::TurnComplete{}, live::Usage{100, 7}});
  // turnComplete cuts no tail: the turn is over when the device has played it.
  CHECK(bench.state() == State::speaking);
  CHECK_FALSE(bench.any<action::Flush>());
  CHECK_FALSE(bench.any<action::Completed>());
  bench.step(input::Played{1, 1234});
  CHECK(bench.state() == State::listening);

  const auto completed = bench.all<action::Completed>();
  REQUIRE(completed.size() == 2);
  CHECK(completed[0].role == Role::user);
  CHECK(completed[0].text == "what time");
  CHECK(completed[1].role == Role::model);
  CHECK(completed[1].text == "noon");
  CHECK(completed[1].details.heard_ms == 1234);
  CHECK_FALSE(completed[1].details.interrupted);
  const auto done = bench.all<action::TurnDone>();
  REQUIRE(done.size() == 1);
  CHECK(std::get<std::uint64_t>(done[0].details.at("latency_ms")) == 405);
  CHECK(bench.machine.counters().tokens.prompt_tokens == 100);
  CHECK(bench.machine.counters().last_turn_latency_ms == 405);
}

TEST_CASE("interrupted drops what is queued, discards late audio, and ends with turnComplete") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.forget();
  bench.message({live::Interrupted{}, live::AudioPart{"AAAA", 24000}});
  CHECK(bench.all<action::Flush>().size() == 1);
  CHECK_FALSE(bench.any<action::Play>());
  bench.step(input::Played{1, 300});
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK_FALSE(bench.any<action::Play>());
  CHECK(bench.machine.counters().late_audio_parts == 2);
  // What the user says now is a turn of its own.
  bench.message({live::InputTranscription{"stop"}});
  bench.message({live::TurnComplete{}});
  const auto completed = bench.all<action::Completed>();
  REQUIRE(completed.size() == 2);
  CHECK(completed[1].details.interrupted);
  CHECK(completed[1].details.heard_ms == 300);
  bench.message({live::AudioPart{"AAAA", 24000}});
  REQUIRE(bench.all<action::Play>().size() == 1);
  CHECK(bench.all<action::Play>()[0].turn == 2);
  CHECK(bench.machine.counters().interruptions == 1);
}

TEST_CASE("a lost turnComplete mutes the session for two quiet seconds, not for ever") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.message({live::Interrupted{}});
  bench.step(input::Played{1, 10});
  bench.forget();
  bench.wait_ms(1900);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK_FALSE(bench.any<action::Play>());
  bench.wait_ms(2000);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
  // And the next turnComplete ends the right turn.
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{2, 10});
  CHECK(bench.state() == State::listening);
  CHECK(bench.all<action::TurnDone>().size() == 2);
}

TEST_CASE("a phantom interruption without an answer does not mute the next one") {
  Bench bench;
  bench.begin();
  bench.message({live::Interrupted{}});
  CHECK_FALSE(bench.any<action::Flush>());
  CHECK(bench.machine.counters().interruptions == 0);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
}

TEST_CASE("a phantom interruption while the model thinks does not mute the answer") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"hi"}});
  bench.message({live::Interrupted{}});
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
}

TEST_CASE("text typed after an interruption does not bring the dead answer back") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.step(input::Interrupt{});
  bench.step(input::Played{1, 10});
  bench.step(input::SendText{"and?"});
  bench.forget();
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK_FALSE(bench.any<action::Play>());
  // A lost turnComplete mutes the new turn for half a quiet second.
  bench.wait_ms(600);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.all<action::Play>().at(0).turn == 2);
}

TEST_CASE("an answer that was cut before it began stays silent, however late it begins") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"hi"}});
  bench.step(input::Interrupt{});
  bench.forget();
  bench.wait_ms(5000);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK_FALSE(bench.any<action::Play>());
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

TEST_CASE("tokens that are told after the turn are counted") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"a"}, live::TurnComplete{}});
  bench.message({live::Usage{12, 5}});
  CHECK(bench.machine.counters().tokens.prompt_tokens == 12);
}

TEST_CASE("an interruption after turnComplete still silences what is playing") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.forget();
  bench.message({live::Interrupted{}});
  CHECK(bench.all<action::Flush>().size() == 1);
  bench.step(input::Played{1, 50});
  REQUIRE(bench.all<action::Completed>().size() == 2);
  CHECK(bench.all<action::Completed>()[1].details.interrupted);
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.any<action::Play>());
}

TEST_CASE("a profile without interruptions plays on") {
  Bench bench;
  config::Profile profile;
  profile.interruptions = false;
  bench.begin(Bench::start_with(profile));
  bench.answer();
  bench.message({live::Interrupted{}});
  bench.step(input::SendText{"and?"});
  CHECK_FALSE(bench.any<action::Flush>());
}

TEST_CASE("Interrupt silences the model and tells the service, once") {
  Bench bench;
  bench.begin();
  bench.step(input::Interrupt{});
  CHECK_FALSE(bench.any<action::Flush>());
  bench.answer();
  bench.forget();
  bench.step(input::Interrupt{});
  CHECK(bench.all<action::Flush>().size() == 1);
  REQUIRE(bench.all<action::Send>().size() == 1);
  CHECK(bench.all<action::Send>()[0].message == R"({"clientContent":{"turnComplete":false}})");
  bench.message({live::Interrupted{}, live::TurnComplete{}});
  CHECK(bench.all<action::Flush>().size() == 1);
  CHECK(bench.machine.counters().interruptions == 1);
}

TEST_CASE("Interrupt sends 3.1 no clientContent") {
  Bench bench;
  config::Profile profile;
  profile.model = "gemini-3.1-flash-live-preview";
  bench.begin(Bench::start_with(profile));
  bench.answer();
  bench.forget();
  bench.step(input::Interrupt{});
  CHECK(bench.any<action::Flush>());
  CHECK_FALSE(bench.any<action::Send>());
}

TEST_CASE("mute closes the microphone, tells the service, and survives the session") {
  Bench bench;
  bench.begin();
  bench.step(input::Mute{true});
  CHECK(bench.any<action::CloseCapture>());
  REQUIRE(bench.all<action::Send>().size() == 1);
  CHECK(bench.all<action::Send>()[0].message == R"({"realtimeInput":{"audioStreamEnd":true}})");
  CHECK_FALSE(bench.machine.wants_audio());
  CHECK(bench.machine.status().capture_open);  // until the device is closed
  bench.step(input::CaptureClosed{});
  CHECK_FALSE(bench.machine.status().capture_open);
  CHECK(bench.state() == State::listening);
  bench.step(input::Stop{});
  bench.step(input::PlaybackClosed{});
  CHECK(bench.any<action::Ended>());
  bench.forget();
  bench.step(Bench::start_with());
  CHECK_FALSE(bench.any<action::OpenCapture>());
  bench.step(input::Mute{false});
  CHECK(bench.any<action::OpenCapture>());
}

TEST_CASE("push-to-talk sends no audioStreamEnd: it is for automatic detection only") {
  Bench bench;
  config::Profile profile;
  profile.turn_taking = config::TurnTaking::push_to_talk;
  bench.begin(Bench::start_with(profile));
  bench.step(input::Mute{true});
  CHECK_FALSE(bench.any<action::Send>());
}

TEST_CASE("a microphone that cannot be reopened leaves the session running, muted") {
  Bench bench;
  bench.begin();
  bench.step(input::Mute{true});
  bench.step(input::CaptureClosed{});
  bench.step(input::Mute{false});
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  CHECK(bench.machine.running());
  CHECK(bench.machine.status().muted);
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
}

TEST_CASE("a device that cannot be opened ends the session with its error") {
  for (const bool capture : {true, false}) {
    CAPTURE(capture);
    Bench bench;
    bench.step(Bench::start_with());
    const Failure failure{Error::device_unavailable, "busy"};
    if (capture) {
      bench.step(input::CaptureFailed{failure});
    } else {
      bench.step(input::PlaybackFailed{failure});
    }
    CHECK(bench.state() == State::idle);
    CHECK(bench.any<action::CloseTransport>());
    REQUIRE(bench.all<action::Report>().size() == 1);
    CHECK(bench.all<action::Report>()[0].failure == failure);
    // The session is over when the other device is released, too.
    CHECK_FALSE(bench.any<action::Ended>());
    if (capture) {
      bench.step(input::PlaybackOpened{});
      bench.step(input::PlaybackClosed{});
    } else {
      bench.step(input::CaptureFailed{failure});
    }
    REQUIRE(bench.all<action::Report>().size() == 1);
    REQUIRE(bench.all<action::Ended>().size() == 1);
    CHECK(bench.all<action::Ended>()[0].reason == EndReason::error);
    CHECK(bench.machine.status().last_error == failure);
    // The next start is clean.
    bench.forget();
    bench.begin();
    CHECK(bench.state() == State::listening);
    CHECK_FALSE(bench.machine.status().last_error);
  }
}

TEST_CASE("a stop and start in one breath: the old devices' events do not confuse the new ones") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::Stop{});
  bench.step(Bench::start_with());
  bench.step(input::CaptureOpened{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackOpened{});
  bench.step(input::PlaybackClosed{});
  CHECK_FALSE(bench.machine.status().capture_open);
  bench.step(input::CaptureOpened{});
  bench.step(input::PlaybackOpened{});
  bench.step(input::TransportOpened{});
  bench.message({live::SetupComplete{}});
  CHECK(bench.state() == State::listening);
  CHECK(bench.machine.status().capture_open);
}

TEST_CASE("the failure of a device that is no longer wanted does not end the next session") {
  Bench bench;
  bench.step(Bench::start_with());
  bench.step(input::Stop{});
  bench.step(Bench::start_with());
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  bench.step(input::PlaybackFailed{{Error::device_unavailable, "busy"}});
  CHECK(bench.machine.running());
  bench.step(input::CaptureFailed{{Error::device_unavailable, "busy"}});
  CHECK_FALSE(bench.machine.running());
}

TEST_CASE("without a session the profile and model are those that Start would use") {
  Bench bench;
  bench.step(input::Configured{"tutor", "m1"});
  CHECK(bench.machine.status().profile == "tutor");
  bench.begin();
  CHECK(bench.machine.status().profile == "assistant");
  bench.step(input::Configured{"support", "m2"});
  CHECK(bench.machine.status().model == "gemini-3.8-live");
  bench.step(input::Stop{});
  bench.release();
  CHECK(bench.machine.status().profile == "support");
  CHECK(bench.machine.status().model == "m2");
}

TEST_CASE("stop in mid-answer: the session ends when the speaker has said what was heard") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.forget();
  bench.step(input::Stop{});
  CHECK(bench.state() == State::idle);
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.any<action::CloseCapture>());
  CHECK(bench.any<action::ClosePlayback>());
  CHECK_FALSE(bench.any<action::Send>());
  CHECK_FALSE(bench.any<action::Ended>());
  bench.step(input::Played{1, 70});
  REQUIRE(bench.all<action::Completed>().size() == 2);
  CHECK(bench.all<action::Completed>()[1].details.interrupted);
  CHECK(bench.all<action::Completed>()[1].details.heard_ms == 70);
  CHECK_FALSE(bench.any<action::Ended>());
  bench.release();
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::user);
  CHECK(bench.machine.status().session_id.empty());
  bench.step(input::Stop{});
  CHECK(bench.all<action::Ended>().size() == 1);
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

TEST_CASE("typed text interrupts a running answer and begins a turn of its own") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.forget();
  bench.step(input::SendText{"shorter"});
  CHECK(bench.any<action::Flush>());
  CHECK(bench.machine.last_turn() == 2);
  CHECK(bench.all<action::Delta>().at(0).turn == 2);
  // The old answer's rest is still discarded.
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK_FALSE(bench.any<action::Play>());
  bench.message({live::Interrupted{}, live::TurnComplete{}});
  bench.step(input::Played{1, 5});
  bench.message({live::AudioPart{"AAAA", 24000}});
  CHECK(bench.all<action::Play>().at(0).turn == 2);
  CHECK(bench.state() == State::speaking);
}

TEST_CASE("text typed while the model thinks is a turn of its own, which gets the answer") {
  Bench bench;
  bench.begin();
  bench.step(input::SendText{"one"});
  bench.step(input::SendText{"two"});
  CHECK(bench.machine.last_turn() == 2);
  CHECK_FALSE(bench.any<action::Flush>());
  CHECK(bench.machine.counters().interruptions == 0);
  bench.message({live::Interrupted{}, live::TurnComplete{}});
  REQUIRE(bench.all<action::TurnDone>().size() == 1);
  CHECK(bench.all<action::TurnDone>()[0].turn == 1);
  CHECK(bench.state() == State::thinking);
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{" two! "}});
  CHECK(bench.all<action::Play>().at(0).turn == 2);
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{2, 10});
  CHECK(bench.all<action::Completed>().back().turn == 2);
  CHECK(bench.all<action::Completed>().back().text == "two!");
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

TEST_CASE("a turn without an answer is over with its turnComplete") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"hm"}});
  CHECK(bench.state() == State::thinking);
  bench.message({live::TurnComplete{"RESPONSE_REJECTED", false}});
  CHECK(bench.state() == State::listening);
  CHECK(bench.all<action::TurnDone>().size() == 1);
}

TEST_CASE("with extended thinking an utterance is not the end of the turn") {
  Bench bench;
  bench.begin();
  bench.answer("one moment");
  bench.message({live::TurnComplete{"", true}});
  CHECK_FALSE(bench.any<action::EndTurn>());
  CHECK(bench.state() == State::speaking);
  bench.message({live::AudioPart{"AAAA", 24000}, live::TurnComplete{}});
  CHECK(bench.all<action::EndTurn>().size() == 1);
  bench.step(input::Played{1, 150});
  REQUIRE(bench.all<action::TurnDone>().size() == 1);
  CHECK(bench.all<action::Completed>().at(1).details.heard_ms == 150);
}

TEST_CASE("repeated usage reports of a turn are not added up") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"a"}, live::Usage{10, 1}});
  bench.message({live::Usage{10, 5}});
  bench.message({live::TurnComplete{}, live::Usage{12, 5}});
  CHECK(bench.machine.counters().tokens.prompt_tokens == 12);
  CHECK(bench.machine.counters().tokens.response_tokens == 5);
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
