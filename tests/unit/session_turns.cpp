// The machine and the turns of a conversation: answers, interruptions, typed text.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;

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
  bench.message({live::TurnComplete{}, live::Usage{.audio_in = 100, .audio_out = 7}});
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
  CHECK(bench.machine.counters().tokens.in() == 100);
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

TEST_CASE("tokens that are told after the turn are counted") {
  Bench bench;
  bench.begin();
  bench.message({live::InputTranscription{"a"}, live::TurnComplete{}});
  bench.message({live::Usage{.audio_in = 12, .audio_out = 5}});
  CHECK(bench.machine.counters().tokens.in() == 12);
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
  bench.message({live::InputTranscription{"a"}, live::Usage{.audio_in = 10, .audio_out = 1}});
  bench.message({live::Usage{.audio_in = 10, .audio_out = 5}});
  bench.message({live::TurnComplete{}, live::Usage{.audio_in = 12, .audio_out = 5}});
  CHECK(bench.machine.counters().tokens.in() == 12);
  CHECK(bench.machine.counters().tokens.out() == 5);
}
