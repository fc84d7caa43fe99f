#include "daemon/hooks/hooks.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/config/paths.hpp"
#include "daemon/tools/environment.hpp"
#include "daemon/util/log.hpp"

namespace gv::hooks {
namespace {

using session::contract_name;

std::string variable(std::string_view name, std::string_view value) {
  return std::string("GEMINI_VOICE_").append(name).append("=").append(value);
}

// What is worth a line of the log; empty: it went well.
std::string trouble(const tools::RunOutcome& outcome) {
  switch (outcome.end) {
    case tools::RunOutcome::End::exited:
      return outcome.status == 0 ? "" : "ended with status " + std::to_string(outcome.status);
    case tools::RunOutcome::End::signalled:
      return "was ended by signal " + std::to_string(outcome.status);
    case tools::RunOutcome::End::timed_out:
      return "was ended at hooks.time_limit";
    case tools::RunOutcome::End::not_started:
      return "could not be started: " + outcome.why;
  }
  return {};
}

}  // namespace

Hooks::Hooks(asio::io_context& io, std::vector<std::string> environment)
    : environment_(std::move(environment)), runner_(io) {}

void Hooks::status_changed(const session::Status& status) {
  const session::Status before = std::exchange(status_, status);
  if (!status.session_id.empty()) {
    session_ = status.session_id;
    profile_ = status.profile;
  }
  const bool changed = status.state != before.state;
  if (changed) previous_ = before.state;
  if (status.session_id != before.session_id && !status.session_id.empty()) fire("session_started");
  if (changed) fire("state_changed");
  if (status.muted != before.muted) fire(status.muted ? "muted" : "unmuted");
}

void Hooks::session_ended(session::EndReason reason, const std::string& /*message*/) {
  fire("session_ended", {variable("REASON", contract_name(reason))});
}

void Hooks::error_occurred(const Failure& failure) {
  fire("error", {variable("ERROR", contract_name(failure.error))});
}

// The word is one that was spoken: it stays here.
void Hooks::escalation_requested(std::uint64_t /*turn*/, const std::string& /*word*/) {
  fire("escalation");
}

void Hooks::fire(std::string_view event, const std::vector<std::string>& more) {
  const auto found = std::find(config::hook_names.begin(), config::hook_names.end(), event);
  const auto& argv = hooks_.argv.at(static_cast<std::size_t>(found - config::hook_names.begin()));
  if (argv.empty()) return;
  if (waiting_.size() >= most_waiting) {
    log::warning("hooks", "left out hooks." + std::string(event) + ": " +
                              std::to_string(most_waiting) + " commands wait already");
    return;
  }
  std::vector<std::string> variables{
      variable("EVENT", event),
      variable("STATE", contract_name(status_.state)),
      variable("PREVIOUS_STATE", contract_name(previous_)),
      variable("PROFILE", profile_),
      variable("SESSION", session_),
      variable("MUTED", status_.muted ? "true" : "false"),
  };
  variables.insert(variables.end(), more.begin(), more.end());
  auto command = argv;
  command[0] = config::expand_home(command[0], [this](const char* name) {
    const std::string_view value = tools::value_of(environment_, name);
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
  });
  waiting_.push_back({event,
                      {.argv = std::move(command),
                       .environment = tools::hook_environment(environment_, variables),
                       .output_limit = 0,
                       .time_limit = hooks_.time_limit}});
  run_next();
}

void Hooks::run_next() {
  while (running_ < most_running && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    runner_.run(std::move(next.spec), [this, event = next.event](const tools::RunOutcome& outcome) {
      --running_;
      if (const std::string why = trouble(outcome); !why.empty()) {
        log::warning("hooks", "the command of hooks." + std::string(event) + ' ' + why);
      }
      run_next();
    });
  }
}

}  // namespace gv::hooks
