// What tokens cost, and the day's budget.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/usage/bookkeeper.hpp"
#include "daemon/util/log.hpp"

using namespace gv;
using namespace gv::usage;
using session::TokenUse;

namespace {

// A million of its audio_out is $12.
TokenUse answer(std::uint64_t audio_out, const std::string& model = "gemini-3.8-live") {
  return {"assistant", model, 0, 0, 0, 0, audio_out};
}

struct Desk {
  std::string today = "2026-11-28";
  std::vector<Entry> written;
  std::vector<Warning> remembered;
  std::vector<double> warned;
  std::vector<Failure> spent;
  config::Config config;
  std::optional<Bookkeeper> keeper;

  explicit Desk(std::optional<double> budget, const Known& known = {}) {
    log::set_level(log::Level::error);
    config.usage.daily_budget = budget;
    open(known);
  }
  void open(const Known& known) {
    keeper.emplace(config.usage, known,
                   Bookkeeper::Ports{[this] { return today; },
                                     [this](const Entry& entry) { written.push_back(entry); },
                                     [this](const Warning& w) { remembered.push_back(w); },
                                     [this](double so_far, double) { warned.push_back(so_far); },
                                     [this](const Failure& f) { spent.push_back(f); }});
  }
  void reload(double budget) {
    config.usage.daily_budget = budget;
    keeper->reloaded({config, {}, {}});
  }
  bool may_begin() {
    try {
      keeper->begin(config::Profile{});
      return true;
    } catch (const FailureError& e) {
      CHECK(e.failure().error == Error::budget_exceeded);
      return false;
    }
  }
};

double value(const session::Values& values, const char* key) {
  return std::get<double>(values.at(key));
}

}  // namespace

TEST_CASE("the first entry by name whose models fit is the price") {
  Prices prices;
  prices["a"] = {.models = {"gemini-3.8-live-x", "other*"}, .text_in = 1};
  prices["b"] = {.models = {"gemini-3.8-live*"}, .text_in = 2};
  prices["c"] = {.models = {"*"}, .text_in = 3};
  CHECK(prices_of("gemini-3.8-live-x", prices)->text_in == 1);
  CHECK(prices_of("gemini-3.8-live-y", prices)->text_in == 2);
  CHECK(prices_of("models/gemini-3.8-live", prices)->text_in == 2);
  CHECK(prices_of("others", prices)->text_in == 1);
  CHECK(prices_of("new", prices)->text_in == 3);
  prices.erase("c");
  CHECK(prices_of("new", prices) == nullptr);
}

TEST_CASE("cost by modality; of a model without a price it is unknown, not nothing") {
  const Prices prices = config::default_prices();
  const TokenUse use{"p", "gemini-3.8-live", 1'000'000, 1'000'000, 1'000'000, 1'000'000, 1'000'000};
  CHECK(cost(use, prices) == doctest::Approx(0.75 + 3 + 1 + 4.5 + 12));
  CHECK(cost(answer(1, "new"), prices) == std::nullopt);
  Bill bill;
  bill.add(answer(1'000'000), prices);
  bill.add(answer(0, "new"), prices);
  CHECK(bill.complete);
  bill.add(answer(1, "new"), prices);
  CHECK_FALSE(bill.complete);
  CHECK(bill.dollars == doctest::Approx(12));
  CHECK(in_dollars(1.255) == "$1.25");
  CHECK(in_dollars(0.00421) == "$0.0042");
}

TEST_CASE("80 % is told once, 100 % ends the session, and nothing begins any more") {
  Desk desk(12.0);
  REQUIRE(desk.may_begin());
  desk.keeper->tokens_used(answer(790'000));
  CHECK(desk.warned.empty());
  desk.keeper->tokens_used(answer(20'000));
  CHECK(desk.warned.size() == 1);
  desk.keeper->tokens_used(answer(20'000));
  CHECK(desk.warned.size() == 1);
  CHECK(desk.spent.empty());
  desk.keeper->tokens_used(answer(170'000));
  REQUIRE(desk.spent.size() == 1);
  CHECK(desk.spent[0].error == Error::budget_exceeded);
  CHECK(desk.spent[0].message ==
        "Today's conversations have cost $12.00 (an estimate), and usage.daily_budget is $12.00; "
        "it begins anew at midnight. Try: a higher usage.daily_budget, then gemini-voicectl "
        "reload.");
  CHECK_FALSE(desk.may_begin());
  CHECK(desk.written.size() == 4);
  CHECK(desk.written[0].day == "2026-11-28");
  CHECK(value(desk.keeper->values(), "cost_usd") == doctest::Approx(12));

  SUBCASE("a higher budget lets it go on, with a warning of its own") {
    desk.reload(14);
    CHECK(desk.may_begin());
    CHECK(desk.warned.size() == 2);
    CHECK(value(desk.keeper->values(), "cost_usd") == 0);
    CHECK(value(desk.keeper->values(), "spent_today_usd") == doctest::Approx(12));
  }
  SUBCASE("midnight lets it go on") {
    desk.today = "2026-11-29";
    CHECK(desk.may_begin());
    CHECK(value(desk.keeper->values(), "spent_today_usd") == 0);
    desk.keeper->tokens_used(answer(900'000));
    CHECK(desk.warned.size() == 2);
    CHECK(desk.written.back().day == "2026-11-29");
  }
  SUBCASE("a restart does not") {
    Entries entries = desk.written;
    entries.push_back({"2026-11-27", answer(5)});
    desk.open({entries, 12.0});
    CHECK_FALSE(desk.may_begin());
  }
}

TEST_CASE("a clock that is set back and forth does not give the budget twice") {
  Desk desk(12.0);
  desk.keeper->tokens_used(answer(1'000'000));
  CHECK_FALSE(desk.may_begin());
  desk.today = "2026-11-27";
  CHECK(desk.may_begin());
  desk.keeper->tokens_used(answer(900'000));
  CHECK(desk.warned.size() == 1);
  desk.today = "2026-11-28";
  CHECK_FALSE(desk.may_begin());
  desk.today = "2026-11-27";
  CHECK(desk.may_begin());
  CHECK(desk.warned.size() == 1);
  CHECK(value(desk.keeper->values(), "spent_today_usd") == doctest::Approx(10.8));

  // Started while the clock was wrong.
  desk.open({desk.written, {}});
  desk.today = "2026-11-28";
  CHECK_FALSE(desk.may_begin());
  // What is long past is not kept for ever.
  for (const char* day : {"2026-11-29", "2026-11-30", "2026-12-01"}) {
    desk.today = day;
    CHECK(desk.may_begin());
  }
  desk.today = "2026-11-28";
  CHECK(value(desk.keeper->values(), "spent_today_usd") == 0);
}

TEST_CASE("a restart does not warn again, and a lower budget ends what runs") {
  Desk desk(12.0, {{{"2026-11-28", answer(900'000)}}, 12.0});
  CHECK(desk.may_begin());
  desk.keeper->tokens_used(answer(1));
  CHECK(desk.warned.empty());
  CHECK(desk.remembered.empty());
  desk.reload(5);
  CHECK(desk.spent.size() == 1);
}

TEST_CASE("without a price the budget cannot be kept, and nobody is stopped") {
  Desk desk(0.01);
  desk.keeper->tokens_used(answer(1'000'000'000, "new"));
  CHECK(desk.spent.empty());
  CHECK(desk.may_begin());
  CHECK_FALSE(std::get<bool>(desk.keeper->values().at("cost_known")));
}
