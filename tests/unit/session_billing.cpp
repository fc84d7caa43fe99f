// What the service bills, and what bounds a session: each token once, money, and limits that
// change.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <random>

#include <doctest/doctest.h>

#include "daemon/session/billing.hpp"
#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;
using live::Usage;
using std::chrono::milliseconds;

namespace {

Usage billed(const Bench& bench) {
  Usage sum;
  for (const auto& it : bench.all<action::Billed>()) {
    sum += {it.use.text_in, it.use.audio_in, it.use.image_in, it.use.text_out, it.use.audio_out};
  }
  return sum;
}

Usage part(const Usage& whole, std::uint64_t percent) {
  const auto of = [percent](std::uint64_t n) { return n * percent / 100; };
  return {of(whole.text_in), of(whole.audio_in), of(whole.image_in), of(whole.text_out),
          of(whole.audio_out)};
}

}  // namespace

TEST_CASE("a turn's bill is its largest report") {
  Billing bill;
  bill.activity();
  CHECK(bill.report({5, 10, 0, 0, 1}) == Usage{5, 10, 0, 0, 1});
  CHECK(bill.report({5, 10, 0, 0, 1}) == Usage{});
  CHECK(bill.report({5, 12, 1, 2, 4}) == Usage{0, 2, 1, 2, 3});
  CHECK(bill.report({0, 3, 0, 0, 0}) == Usage{});
  bill.turn_complete();
  CHECK(bill.report({5, 12, 1, 2, 5}) == Usage{0, 0, 0, 0, 1});
  // The next turn begins anew, also one of which nothing is heard.
  bill.activity();
  CHECK(bill.report({5, 20, 0, 0, 0}) == Usage{5, 20, 0, 0, 0});
  bill.turn_complete();
  bill.turn_complete();
  CHECK(bill.report({5, 20, 0, 0, 0}) == Usage{5, 20, 0, 0, 0});
}

TEST_CASE("what is seen as of another kind later is not billed again") {
  Billing bill;
  bill.report({0, 100, 0, 0, 10});  // without details
  CHECK(bill.report({60, 40, 0, 0, 10}) == Usage{});
  const Usage more = bill.report({60, 50, 0, 3, 9});
  CHECK(more.in() == 10);
  CHECK(more.out() == 2);
}

TEST_CASE("another connection repeats the last turn, and begins the next one") {
  Billing bill;
  bill.report({0, 50, 0, 0, 5});
  bill.connected();
  CHECK(bill.report({0, 50, 0, 0, 5}) == Usage{});
  bill.activity();
  CHECK(bill.report({0, 50, 0, 0, 5}) == Usage{0, 50, 0, 0, 5});
}

// Against a reference that knows what each turn really cost.
TEST_CASE("whatever order and number of reports: each token is billed once") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](unsigned n) { return random() % n; };
    Bench bench;
    bench.begin();
    Usage truth;
    for (int turn = 0; turn < 8; ++turn) {
      const Usage whole{below(100), below(5000), below(3) * 258, below(50), below(900)};
      const bool silent = below(5) == 0;  // the model does not answer, and nobody was understood
      const bool last = turn == 7 && !silent && below(2) == 0;  // it never completes
      if (!silent) bench.answer();
      std::uint64_t known = 0;
      for (unsigned i = silent ? 0 : below(4); i > 0; --i) {
        known = std::max<std::uint64_t>(known, below(101));
        // Growing, repeated, or going down.
        bench.message({part(whole, below(3) == 0 ? below(101) % (known + 1) : known)});
        if (below(4) == 0) bench.message({live::Interrupted{}});
      }
      if (last) {
        bench.message({whole});
      } else if (below(2) == 0) {
        bench.message({live::TurnComplete{}, whole});
      } else {
        bench.message({live::TurnComplete{}});
        bench.message({part(whole, below(101))});
        bench.message({whole});
      }
      truth += whole;
      for (unsigned i = below(3); i > 0; --i)
        bench.message({part(whole, below(101))});  // again, after the end
      if (!last && below(4) == 0) {
        bench.message({live::ResumptionUpdate{"handle", true}});
        bench.message({live::GoAway{milliseconds(50)}});
        bench.step(input::Played{bench.machine.last_turn(), 10});
        bench.step(input::TimerFired{Timer::rotation_deadline});
        bench.step(input::TimerFired{Timer::retry});
        bench.step(input::TransportOpened{});
        bench.message({live::SetupComplete{}});
        if (below(2) == 0) bench.message({whole});
      }
    }
    CHECK(billed(bench) == truth);
    CHECK(bench.machine.counters().tokens == truth);
  }
}

TEST_CASE("a turn of which words come first is billed as one of its own") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.message({live::TurnComplete{}, Usage{0, 50, 0, 0, 20}});
  bench.message({live::OutputTranscription{"Well"}, Usage{0, 50, 0, 0, 20}});
  CHECK(billed(bench) == Usage{0, 100, 0, 0, 40});
}

TEST_CASE("what is billed is told with its profile and model, and in the turn's details") {
  Bench bench;
  bench.begin();
  bench.answer();
  bench.message({live::GenerationComplete{}, live::TurnComplete{}, Usage{1, 2, 3, 4, 5}});
  const auto told = bench.all<action::Billed>();
  REQUIRE(told.size() == 1);
  CHECK(told[0].use.profile == "assistant");
  CHECK(told[0].use.model == "gemini-3.8-live");
  CHECK(told[0].use.image_in == 3);
  bench.step(input::Played{1, 10});
  const auto done = bench.all<action::TurnDone>();
  REQUIRE(done.size() == 1);
  CHECK(std::get<std::uint64_t>(done[0].details.at("tokens_in")) == 6);
  CHECK(std::get<std::uint64_t>(done[0].details.at("tokens_out")) == 9);
}

TEST_CASE("a budget that is spent ends the session, and says so") {
  Bench bench;
  bench.step(input::BudgetSpent{{Error::budget_exceeded, "Spent."}});
  CHECK(bench.seen.empty());  // nothing runs
  bench.begin();
  bench.answer();
  bench.step(input::BudgetSpent{{Error::budget_exceeded, "Spent."}});
  CHECK(bench.machine.status().last_error.error == Error::budget_exceeded);
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.any<action::CloseTransport>());
  bench.step(input::Played{1, 10});
  bench.release();
  const auto ended = bench.all<action::Ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].reason == EndReason::budget);
  CHECK(bench.state() == State::idle);
}

TEST_CASE("limits that change hold at once, counted from where they would have") {
  Bench bench;
  auto start = Bench::start_with();
  start.limits.max_duration = milliseconds(60'000);
  bench.begin(start);
  bench.wait_ms(10'000);
  config::Session limits{milliseconds(30'000), milliseconds(25'000)};
  bench.step(input::Limits{limits, milliseconds(5'000)});
  CHECK(bench.timer(Timer::idle) == milliseconds(20'000));
  CHECK(bench.timer(Timer::max_duration) == milliseconds(15'000));
  bench.forget();
  bench.step(input::Limits{{milliseconds(0), std::nullopt}, milliseconds(5'000)});
  CHECK(bench.cancelled(Timer::idle));
  CHECK(bench.cancelled(Timer::max_duration));
  CHECK_FALSE(bench.any<action::SetTimer>());
  bench.forget();
  // Shorter than what is over already.
  bench.step(input::Limits{{milliseconds(1'000), std::nullopt}, milliseconds(5'000)});
  CHECK(bench.timer(Timer::idle) == milliseconds(0));
  bench.step(input::TimerFired{Timer::idle});
  bench.release();
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::idle);
}
