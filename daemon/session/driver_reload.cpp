// A configuration that is read anew while the daemon, and perhaps a session, runs.
#include <algorithm>
#include <utility>

#include "daemon/config/keys.hpp"
#include "daemon/config/reload.hpp"
#include "daemon/session/driver.hpp"
#include "daemon/util/log.hpp"

namespace gv::session {

// The conversation goes on: what it can take over it does, the rest waits for the next one.
std::vector<std::string> Driver::reload() {
  config::Config fresh = parts_.load_config();
  std::vector<std::string> in_force = config::changed_keys(config_, fresh);
  config_ = std::move(fresh);
  show_default_profile();
  log::set_level(config_.log_level);
  std::vector<std::string> waiting;
  if (machine_.running()) {
    const auto echo = session_config_.audio.echo;
    config::take_over(session_config_, config_);
    if (!follow_echo()) session_config_.audio.echo = echo;
    waiting = config::changed_keys(session_config_, config_);
    feed(input::Limits{session_config_.session, session_config_.tools.approval_timeout});
  }
  std::erase_if(in_force, [&waiting](const std::string& key) {
    return std::ranges::find(waiting, key) != waiting.end();
  });
  observers_.reloaded({config_, std::move(in_force), waiting});
  return waiting;
}

// False: a canceller would be needed, and the microphone was opened without one.
bool Driver::follow_echo() {
  const config::Echo wanted = config_.audio.echo;
  const bool needs_canceller = wanted == config::Echo::cancel || wanted == config::Echo::automatic;
  if (needs_canceller && !echo_.may_cancel()) return false;
  echo_.want(wanted);
  judge_echo();
  return true;
}

void Driver::show_default_profile() {
  const auto& name = config_.default_profile;
  const auto& profile = config_.profiles.at(name);
  const bool by_key = profile.turn_taking == config::TurnTaking::push_to_talk;
  feed(input::Configured{name, profile.model, by_key});
}

void Driver::budget_spent(const Failure& failure) {
  feed(input::BudgetSpent{failure});
}

}  // namespace gv::session
