// What `gemini-voicectl usage` shows: the books, summed up and priced. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "daemon/usage/cost.hpp"
#include "daemon/usage/entry.hpp"

namespace gv::ctl {

enum class By { day, profile, model };
std::optional<By> by_name(std::string_view name);
std::string_view name_of(By by);

struct UsageLine {
  std::string label;  // the day, profile or model
  session::TokenUse tokens;
  usage::Bill bill;
};

struct UsageReport {
  By by = By::day;
  std::vector<UsageLine> lines;
  UsageLine total;
  std::set<std::string> unpriced;  // models without a price
  usage::Bill today;
  std::optional<double> budget;
};

UsageReport sum_up(const usage::Entries& entries, By by, const std::string& today,
                   const config::Usage& config);

std::string render(const UsageReport& report);
// One a line; the last is the total and the budget's state.
std::vector<boost::json::object> to_json(const UsageReport& report);

}  // namespace gv::ctl
