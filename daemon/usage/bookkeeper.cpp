#include "daemon/usage/bookkeeper.hpp"

#include <utility>

#include "daemon/util/log.hpp"

namespace gv::usage {
namespace {

// Of the budget: then it is time for a word.
constexpr double nearly = 0.8;

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
    : usage_(std::move(usage)),
      ports_(std::move(ports)),
      day_(ports_.today()),
      warned_(known.warned) {
  for (const Entry& entry : known.entries) {
    if (entry.day == day_) add_to(today_, entry.use);
  }
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
  add_to(today_, use);
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
  const bool same_day = ports_.today() == day_;
  const Bill today = same_day ? spent_today() : Bill{};
  return {{"cost_usd", session.dollars},
          {"cost_known", session.complete && today.complete},
          {"spent_today_usd", today.dollars},
          {"daily_budget_usd", usage_.daily_budget.value_or(0)}};
}

void Bookkeeper::turn_page() {
  std::string today = ports_.today();
  if (today == day_) return;
  day_ = std::move(today);
  today_.clear();
  warned_.reset();
}

Bill Bookkeeper::spent_today() const {
  return bill_of(today_, usage_.prices);
}

bool Bookkeeper::exceeded(const Bill& bill) const {
  return usage_.daily_budget && bill.dollars >= *usage_.daily_budget;
}

void Bookkeeper::review() {
  if (!usage_.daily_budget) return;
  const double budget = *usage_.daily_budget;
  const Bill bill = spent_today();
  if (exceeded(bill)) return ports_.spent(budget_exceeded(bill.dollars, budget));
  if (bill.dollars < nearly * budget || warned_ == budget) return;
  warned_ = budget;
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
