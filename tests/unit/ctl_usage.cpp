// The table of `gemini-voicectl usage`.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/usage_table.hpp"

using namespace gv;
using namespace gv::ctl;

namespace {

const usage::Entries entries{
    {"2026-11-27", {"assistant", "gemini-3.8-live", 100, 20'000, 0, 0, 10'000}},
    {"2026-11-28", {"assistant", "gemini-3.8-live", 1, 2, 3, 4, 1'000'000}},
    {"2026-11-28", {"tutor", "new\x1b[2J", 5, 0, 0, 0, 0}},
};

UsageReport report(By by, std::optional<double> budget) {
  config::Usage config;
  config.daily_budget = budget;
  return sum_up(entries, by, "2026-11-28", config);
}

}  // namespace

TEST_CASE("tokens and dollars by day, with the budget's state") {
  CHECK(render(report(By::day, 20)) ==
        "day              text in    audio in    image in    text out   audio out    estimate\n"
        "2026-11-27           100       20000           0           0       10000       $0.18\n"
        "2026-11-28             6           2           3           4     1000000     $12.00+\n"
        "total                106       20002           3           4     1010000     $12.18+\n"
        "\n"
        "Tokens, as the service told them; dollars are an estimate from usage.prices.\n"
        "Not in it, as nothing in usage.prices says what they cost: new [2J\n"
        "Budget: $12.00+ of $20.00 are spent today (60 %); it begins anew at midnight.\n");
}

TEST_CASE("by profile and model") {
  const UsageReport profiles = report(By::profile, std::nullopt);
  REQUIRE(profiles.lines.size() == 2);
  CHECK(profiles.lines[0].label == "assistant");
  CHECK(profiles.lines[1].tokens.text_in == 5);
  const std::string text = render(profiles);
  CHECK(text.find("tutor                  5           0           0           0           0     "
                  "unknown\n") != std::string::npos);
  CHECK(text.ends_with("Budget: none (usage.daily_budget).\n"));
  CHECK(report(By::model, std::nullopt).lines.size() == 2);
  CHECK(by_name("model") == By::model);
  CHECK(by_name("week") == std::nullopt);
}

TEST_CASE("as JSON, one object a line") {
  const auto objects = to_json(report(By::day, 20));
  REQUIRE(objects.size() == 3);
  CHECK(objects[0].at("day").as_string() == "2026-11-27");
  CHECK(objects[0].at("audio_in").to_number<int>() == 20'000);
  CHECK(objects[0].at("cost_usd").to_number<double>() == doctest::Approx(0.180075));
  CHECK(objects[0].at("cost_known").as_bool());
  CHECK_FALSE(objects[1].at("cost_known").as_bool());
  CHECK(objects[2].at("total").as_bool());
  CHECK(objects[2].at("audio_out").to_number<int>() == 1'010'000);
  CHECK(objects[2].at("daily_budget_usd").to_number<double>() == 20);
  CHECK(objects[2].at("unpriced_models").as_array().size() == 1);
}

TEST_CASE("nothing in the books") {
  CHECK(render(sum_up({}, By::day, "2026-11-28", {})) ==
        "No conversation has cost anything in this time.\nBudget: none (usage.daily_budget).\n");
}
