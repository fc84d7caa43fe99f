#include "daemon/usage/bookkeeper.hpp"

#include <utility>

#include "daemon/util/log.hpp"

namespace gv::usage {
namespace {

// Of the budget: then it is time for a word.
constexpr double nearly = 0.8;
constexpr std::size_t most_days = 3;

Failure budget_exceeded(double spent, double budget) {
  return {Error::budget_exceeded,
          "Today's conversations have cost " + in_dollars(spent) +
              " (an estimate), and usage.daily_budget is " + in_dollars(budget) +
              "; it begins anew at midnight. Try: a higher usage.daily_budget, then "
              "gemini-voicectl reload."};
}

Bill bill_of(const std::map<std::string, session::TokenUse>& uses, const Prices& prices) {
  Bill bill;
  for (const auto& [model, use] : uses)
    bill.add(use, prices);
  return bill;
}

void add_to(std::map<std::string, session::TokenUse>& uses, const session::TokenUse& use) {
  session::TokenUse& sum = uses[use.model];
  sum.model = use.model;
  add(sum, use);
}

}  // namespace

Bookkeeper::Bookkeeper(config::Usage usage, const Known& known, Ports ports)
    : usage_(std::move(usage)), ports_(std::move(ports)), day_(ports_.today()) {
  for (const Entry& entry : known.entries)
    add_to(days_[entry.day].used, entry.use);
  days_[day_].warned = known.warned;
  forget_old_days();
}

void Bookkeeper::begin(const config::Profile& profile) {
  turn_page();
  const Bill bill = spent_today();
  if (exceeded(bill)) {
    throw FailureError(budget_exceeded(bill.dollars, *usage_.daily_budget));
  }
  session_.clear();
  unknown_told_ = false;
  review();
  warn_of_unknown(profile.model);
}

void Bookkeeper::tokens_used(const session::TokenUse& use) {
  turn_page();
  add_to(days_[day_].used, use);
  add_to(session_, use);
  ports_.write({day_, use});
  warn_of_unknown(use.model);
  review();
}

void Bookkeeper::reloaded(const session::Reloaded& reloaded) {
  usage_ = reloaded.config.usage;
  turn_page();
  review();
}

session::Values Bookkeeper::values() const {
  const Bill session = bill_of(session_, usage_.prices);
  const Bill today = spent_today();
  return {{"cost_usd", session.dollars},
          {"cost_known", session.complete && today.complete},
          {"spent_today_usd", today.dollars},
          {"daily_budget_usd", usage_.daily_budget.value_or(0)}};
}

void Bookkeeper::turn_page() {
  std::string today = ports_.today();
  if (today == day_) return;
  day_ = std::move(today);
  days_.try_emplace(day_);
  forget_old_days();
}

void Bookkeeper::forget_old_days() {
  while (days_.size() > most_days) {
    auto oldest = days_.begin();
    if (oldest->first == day_) ++oldest;
    days_.erase(oldest);
  }
}

Bill Bookkeeper::spent_today() const {
  const auto today = days_.find(ports_.today());
  return today == days_.end() ? Bill{} : bill_of(today->second.used, usage_.prices);
}

bool Bookkeeper::exceeded(const Bill& bill) const {
  return usage_.daily_budget && bill.dollars >= *usage_.daily_budget;
}

void Bookkeeper::review() {
  if (!usage_.daily_budget) return;
  const double budget = *usage_.daily_budget;
  const Bill bill = spent_today();
  if (exceeded(bill)) return ports_.spent(budget_exceeded(bill.dollars, budget));
  if (bill.dollars < nearly * budget || days_[day_].warned == budget) return;
  days_[day_].warned = budget;
  ports_.remember({day_, budget});
  log::warning("usage", "today's conversations have cost " + in_dollars(bill.dollars) +
                            " (an estimate) of the " + in_dollars(budget) +
                            " of usage.daily_budget; when it is spent, the session ends");
  ports_.warn(bill.dollars, budget);
}

// A budget that cannot be kept is no reason not to talk, but one to say so.
void Bookkeeper::warn_of_unknown(const std::string& model) {
  if (!usage_.daily_budget || unknown_told_) return;
  if (prices_of(model, usage_.prices) != nullptr) return;
  unknown_told_ = true;
  log::warning("usage",
               "usage.daily_budget cannot be kept: nothing in usage.prices says what the "
               "model " +
                   model + " costs. Try: an entry for it in usage.prices");
}

}  // namespace gv::usage
