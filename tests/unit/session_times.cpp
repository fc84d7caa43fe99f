// Where in the session an entry of the transcript was, and what is kept of a session at all.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/session/speech_times.hpp"
#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;

namespace {

constexpr std::int64_t ms = 1'000'000;

TranscriptDetails details(const Bench& bench, Role role) {
  for (const auto& completed : bench.all<action::Completed>()) {
    if (completed.role == role) return completed.details;
  }
  FAIL("there is no such entry");
  return {};
}

void finish_answer(Bench& bench, std::uint64_t turn, unsigned heard_ms, std::int64_t end_ns) {
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{turn, heard_ms, end_ns});
}

}  // namespace

TEST_CASE("speech and answer are where the devices heard and played them") {
  Bench bench;
  bench.begin();
  const auto start = bench.now;
  bench.wait_ms(2200);
  bench.step(input::Voice{true, start + 2000 * ms});  // told late, as a detector does
  bench.wait_ms(1800);
  bench.step(input::Voice{false, start + 3500 * ms});
  bench.wait_ms(100);
  bench.message({live::InputTranscription{"what time is it"}});
  bench.wait_ms(300);
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"noon"}});
  bench.step(input::PlayStarted{1, start + 4450 * ms, start + 4500 * ms});
  bench.wait_ms(2000);
  finish_answer(bench, 1, 1500, start + 6100 * ms);
  const auto said = details(bench, Role::user);
  CHECK(said.begin_ms == 2000);
  CHECK(said.end_ms == 3500);
  const auto heard = details(bench, Role::model);
  CHECK(heard.begin_ms == 4500);
  CHECK(heard.end_ms == 6100);
}

TEST_CASE("typed text is where it was sent, also while nothing is heard of it") {
  Bench bench;
  bench.begin();
  bench.wait_ms(1234);
  bench.step(input::SendText{"what time is it"});
  bench.wait_ms(700);
  bench.message({live::OutputTranscription{"noon"}, live::TurnComplete{}});
  const auto said = details(bench, Role::user);
  CHECK(said.begin_ms == 1234);
  CHECK(said.end_ms == 1234);
  CHECK(details(bench, Role::model).begin_ms == 0);
  CHECK(details(bench, Role::model).end_ms == 0);
}

TEST_CASE("words without a voice that was noticed are where they came in") {
  Bench bench;
  bench.begin();
  bench.wait_ms(1000);
  bench.message({live::InputTranscription{"what "}});
  bench.wait_ms(500);
  bench.message({live::InputTranscription{"time"}});
  bench.message({live::TurnComplete{}});
  CHECK(details(bench, Role::user).begin_ms == 1000);
  CHECK(details(bench, Role::user).end_ms == 1500);
}

TEST_CASE("an answer that was cut ends where the device was stopped, or where it was heard to") {
  for (const bool known : {true, false}) {
    CAPTURE(known);
    Bench bench;
    bench.begin();
    const auto start = bench.now;
    bench.answer();
    bench.step(input::PlayStarted{1, start + 40 * ms, start + 100 * ms});
    bench.wait_ms(1000);
    bench.message({live::Interrupted{}});
    bench.step(input::Played{1, 850, known ? start + 1010 * ms : 0});
    bench.message({live::TurnComplete{}});
    CHECK(details(bench, Role::model).begin_ms == 100);
    CHECK(details(bench, Role::model).end_ms == (known ? 1010 : 950));
  }
}

TEST_CASE("a turn has the speech that belongs to its words, and no other turn has it") {
  SpeechTimes speech;
  const auto say = [&speech](std::int64_t begin, std::int64_t end) {
    speech.began(begin * ms);
    speech.ended(end * ms);
  };
  say(1000, 1100);  // a cough, long before
  say(9000, 10000);
  say(11000, 12000);
  speech.words(1);
  say(12500, 13000);
  speech.words(1);
  const auto first = speech.of(1, 0);
  REQUIRE(first);
  CHECK(first->begin_ns == 9000 * ms);
  CHECK(first->end_ns == 13000 * ms);
  speech.began(13500 * ms);
  speech.words(2);
  const auto second = speech.of(2, 14000 * ms);  // it lasts
  REQUIRE(second);
  CHECK(second->begin_ns == 13500 * ms);
  CHECK(second->end_ns == 14000 * ms);
  CHECK_FALSE(speech.of(3, 0));
}

TEST_CASE("a session that never is silent fills no memory") {
  SpeechTimes speech;
  for (std::int64_t i = 1; i <= 1000; ++i) {
    speech.began(10 * i * ms);
    speech.ended((10 * i + 5) * ms);
  }
  speech.words(1);
  REQUIRE(speech.of(1, 0));
  CHECK(speech.of(1, 0)->begin_ns >= (10'000 - 10 * 64) * ms);
}

TEST_CASE("a session is told when it is accepted, before anything else of it") {
  Bench bench;
  auto start = Bench::start_with();
  start.profile.transcript_folder = "/somewhere";
  start.kept = {"handle", "model"};
  bench.step(start);
  REQUIRE(bench.all<action::Started>().size() == 1);
  const auto info = bench.all<action::Started>()[0].info;
  CHECK(info.id == "s1");
  CHECK(info.profile == "assistant");
  CHECK(info.model == start.profile.model);
  CHECK(info.transcript_folder == "/somewhere");
  CHECK(info.goes_on);
  CHECK_FALSE(info.off_the_record);
  CHECK(std::holds_alternative<action::Started>(bench.seen.front()));
}

TEST_CASE("off the record nothing is kept to go on with, and it shows") {
  for (const bool off : {true, false}) {
    CAPTURE(off);
    Bench bench;
    auto start = Bench::start_with();
    start.off_the_record = off;
    bench.begin(start);
    CHECK(bench.machine.status().off_the_record == off);
    bench.message({live::ResumptionUpdate{"handle-1", true}});
    bench.answer("the secret");
    bench.step(input::Stop{});
    bench.step(input::Played{1, 10});
    bench.release();
    CHECK(bench.any<action::KeepHandle>() != off);
    CHECK_FALSE(bench.machine.status().off_the_record);
  }
}
