// Keeps account of what conversations cost, and of the day's budget (usage.daily_budget). Listens
// to the session; what it decides goes to the driver and to the books by way of its ports. Pure;
// main thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"
#include "daemon/session/purse.hpp"
#include "daemon/usage/cost.hpp"
#include "daemon/usage/entry.hpp"

namespace gv::usage {

class Bookkeeper final : public session::Observer, public session::Purse {
 public:
  struct Ports {
    std::function<std::string()> today;                    // local date
    std::function<void(const Entry& entry)> write;         // into the books
    std::function<void(const Warning& warning)> remember;  // likewise
    // Once a day for each budget: most of it is spent. US dollars.
    std::function<void(double spent, double budget)> warn;
    std::function<void(const Failure& failure)> spent;  // all of it: budget_exceeded
  };

  // known: what the books have of today, and of days that a clock that goes wrong calls later.
  Bookkeeper(config::Usage usage, const Known& known, Ports ports);

  void begin(const config::Profile& profile) override;
  session::Values values() const override;

  void tokens_used(const session::TokenUse& use) override;
  void reloaded(const session::Reloaded& reloaded) override;

  void status_changed(const session::Status& /*status*/) override {}
  void transcript_delta(std::uint64_t /*turn*/, session::Role /*role*/,
                        const std::string& /*text*/) override {}
  void transcript_completed(std::uint64_t /*turn*/, session::Role /*role*/,
                            const std::string& /*text*/,
                            const session::TranscriptDetails& /*details*/) override {}
  void turn_completed(std::uint64_t /*turn*/, const session::Values& /*details*/) override {}
  void tool_called(const std::string& /*call_id*/, const std::string& /*name*/,
                   const std::string& /*arguments*/) override {}
  void tool_finished(const std::string& /*call_id*/, const std::string& /*name*/,
                     const std::string& /*result*/) override {}
  void tool_approval_requested(const std::string& /*call_id*/, const std::string& /*name*/,
                               const std::string& /*what*/) override {}
  void session_ended(session::EndReason /*reason*/, const std::string& /*message*/) override {}
  void error_occurred(const Failure& /*failure*/) override {}

 private:
  using ByModel = std::map<std::string, session::TokenUse>;
  struct Day {
    ByModel used;
    std::optional<double> warned;  // of which budget
  };

  void turn_page();  // where a new day has begun
  void forget_old_days();
  Bill spent_today() const;
  bool exceeded(const Bill& bill) const;
  void review();
  void warn_of_unknown(const std::string& model);

  config::Usage usage_;
  Ports ports_;
  std::string day_;
  std::map<std::string, Day> days_;  // the newest, and today: a clock may be set back and forth
  ByModel session_;
  bool unknown_told_ = false;  // in this session
};

}  // namespace gv::usage
