#include "ctl/usage_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "ctl/output.hpp"
#include "ctl/render.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

using session::TokenUse;

struct Column {
  std::string_view title;
  std::string_view key;
  std::uint64_t TokenUse::*tokens;
};
constexpr std::array columns{
    Column{"text in", "text_in", &TokenUse::text_in},
    Column{"audio in", "audio_in", &TokenUse::audio_in},
    Column{"image in", "image_in", &TokenUse::image_in},
    Column{"text out", "text_out", &TokenUse::text_out},
    Column{"audio out", "audio_out", &TokenUse::audio_out},
};
constexpr std::size_t width = 12;

std::string right(std::string_view text) {
  std::string padded(text.size() < width ? width - text.size() : 1, ' ');
  return padded.append(text);
}

std::string in_words(const usage::Bill& bill) {
  if (bill.complete) return usage::in_dollars(bill.dollars);
  return bill.dollars > 0 ? usage::in_dollars(bill.dollars) + "+" : "unknown";
}

std::string row(const UsageLine& line, std::size_t label_width) {
  std::string text = pad(printable(line.label), label_width);
  for (const Column& column : columns)
    text += right(std::to_string(line.tokens.*column.tokens));
  return text + right(in_words(line.bill)) + '\n';
}

json::object object_of(const UsageLine& line) {
  json::object object;
  for (const Column& column : columns)
    object[column.key] = line.tokens.*column.tokens;
  object["cost_usd"] = line.bill.dollars;
  object["cost_known"] = line.bill.complete;
  return object;
}

const std::string& label_of(const usage::Entry& entry, By by) {
  switch (by) {
    case By::profile:
      return entry.use.profile;
    case By::model:
      return entry.use.model;
    case By::day:
      break;
  }
  return entry.day;
}

void add(UsageLine& line, const TokenUse& use, const usage::Prices& prices) {
  usage::add(line.tokens, use);
  line.bill.add(use, prices);
}

}  // namespace

std::optional<By> by_name(std::string_view name) {
  for (const By by : {By::day, By::profile, By::model}) {
    if (name == name_of(by)) return by;
  }
  return std::nullopt;
}

std::string_view name_of(By by) {
  switch (by) {
    case By::profile:
      return "profile";
    case By::model:
      return "model";
    case By::day:
      break;
  }
  return "day";
}

UsageReport sum_up(const usage::Entries& entries, By by, const std::string& today,
                   const config::Usage& config) {
  UsageReport report;
  report.by = by;
  report.budget = config.daily_budget;
  report.total.label = "total";
  std::map<std::string, UsageLine> lines;
  for (const usage::Entry& entry : entries) {
    const std::string& label = label_of(entry, by);
    UsageLine& line = lines[label];
    line.label = label;
    add(line, entry.use, config.prices);
    add(report.total, entry.use, config.prices);
    if (entry.day == today) report.today.add(entry.use, config.prices);
    if (usage::prices_of(entry.use.model, config.prices) == nullptr) {
      report.unpriced.insert(entry.use.model);
    }
  }
  for (auto& [label, line] : lines)
    report.lines.push_back(std::move(line));
  return report;
}

std::string render(const UsageReport& report) {
  std::string text;
  if (report.lines.empty()) {
    text += "No conversation has cost anything in this time.\n";
  } else {
    std::size_t label_width = width;
    for (const UsageLine& line : report.lines)
      label_width = std::max(label_width, line.label.size() + 1);
    text += pad(name_of(report.by), label_width);
    for (const Column& column : columns)
      text += right(column.title);
    text += right("estimate") + '\n';
    for (const UsageLine& line : report.lines)
      text += row(line, label_width);
    text += row(report.total, label_width);
    text += "\nTokens, as the service told them; dollars are an estimate from usage.prices.\n";
  }
  if (!report.unpriced.empty()) {
    text += "Not in it, as nothing in usage.prices says what they cost:";
    for (const std::string& model : report.unpriced)
      text += ' ' + printable(model);
    text += '\n';
  }
  if (!report.budget) return text + "Budget: none (usage.daily_budget).\n";
  const double share = 100 * report.today.dollars / *report.budget;
  text += "Budget: " + in_words(report.today) + " of " + usage::in_dollars(*report.budget) +
          " are spent today (" + std::to_string(std::lround(share)) +
          " %); it begins anew at midnight.\n";
  return text;
}

std::vector<json::object> to_json(const UsageReport& report) {
  std::vector<json::object> objects;
  for (const UsageLine& line : report.lines) {
    json::object object{{name_of(report.by), line.label}};
    for (auto& member : object_of(line))
      object.insert(member);
    objects.push_back(std::move(object));
  }
  json::object total{{"total", true}};
  for (auto& member : object_of(report.total))
    total.insert(member);
  total["unpriced_models"] = json::value_from(report.unpriced);
  total["spent_today_usd"] = report.today.dollars;
  total["daily_budget_usd"] = report.budget ? json::value(*report.budget) : json::value();
  objects.push_back(std::move(total));
  return objects;
}

}  // namespace gv::ctl
