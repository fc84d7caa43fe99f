#include "daemon/keys/finder.hpp"

#include <chrono>
#include <utility>

#include <string.h>  // explicit_bzero

#include "daemon/keys/keyring.hpp"
#include "daemon/tools/environment.hpp"

namespace gv::keys {
namespace {

using End = tools::RunOutcome::End;

// Long enough to type a pass phrase.
constexpr std::chrono::minutes command_time_limit{2};
constexpr std::size_t most_output = 4096 + 64;

// Password managers ask agents, show a question on the desktop or the terminal, and find their
// store by these.
const std::vector<std::string>& manager_variables() {
  static const std::vector<std::string> names{"DBUS_SESSION_BUS_ADDRESS",
                                              "DISPLAY",
                                              "WAYLAND_DISPLAY",
                                              "XAUTHORITY",
                                              "XDG_CURRENT_DESKTOP",
                                              "XDG_SESSION_TYPE",
                                              "XDG_CONFIG_HOME",
                                              "XDG_DATA_HOME",
                                              "XDG_CACHE_HOME",
                                              "XDG_STATE_HOME",
                                              "GNUPGHOME",
                                              "GPG_TTY",
                                              "SSH_AUTH_SOCK",
                                              "PASSWORD_STORE_DIR",
                                              "PASSWORD_STORE_GPG_OPTS",
                                              "BW_SESSION",
                                              "OP_SERVICE_ACCOUNT_TOKEN",
                                              "TERM"};
  return names;
}

// No word of the command's own: what it says on standard error may hold the key.
std::variant<config::ApiKey, Failure> judge_command(const std::string& program,
                                                    tools::RunOutcome& outcome) {
  const std::string command = "the command " + program + " (api.key_command) ";
  const auto failure = [&command](const std::string& what, const std::string& advice) {
    return Failure{Error::no_api_key, command + what + ". Try: " + advice};
  };
  const char* by_hand = "run it in a terminal: it must print the key alone";
  switch (outcome.end) {
    case End::not_started:
      return failure("could not be started: " + outcome.why, "gemini-voicectl config check");
    case End::timed_out:
      return failure("did not end within " + std::to_string(command_time_limit.count()) +
                         " minutes; it may have asked for something where nobody saw it",
                     by_hand);
    case End::signalled:
      return failure("ended by signal " + std::to_string(outcome.status), by_hand);
    case End::exited:
      break;
  }
  if (outcome.status != 0) {
    return failure("ended with status " + std::to_string(outcome.status) +
                       "; its complaint is not shown, for it may hold the key",
                   by_hand);
  }
  if (outcome.output_cut) return failure("printed more than a key", by_hand);
  return config::take_api_key(outcome.output, command.substr(0, command.size() - 1));
}

}  // namespace

Finder::Finder(asio::io_context& io, std::vector<std::string> environment)
    : environment_(std::move(environment)), runner_(io) {}

config::Environment Finder::lookup() const {
  return [this](const char* name) -> std::optional<std::string> {
    const std::string_view value = tools::value_of(environment_, name);
    return value.empty() ? std::nullopt : std::optional(std::string(value));
  };
}

std::optional<config::ApiKey> Finder::find(const config::Api& api, Found found) {
  cancel();
  std::optional<std::variant<config::ApiKey, Failure>> ready =
      config::find_ready_key(api, lookup());
  const bool more = !api.key_command.empty() || api.keyring;
  if (!ready && !more) ready = config::find_api_key(api, lookup());  // which says what to do
  if (ready) {
    if (auto* failure = std::get_if<Failure>(&*ready)) throw FailureError(std::move(*failure));
    return std::move(std::get<config::ApiKey>(*ready));
  }
  found_ = std::move(found);
  if (api.key_command.empty()) {
    ask_keyring();
  } else {
    ask_command(api.key_command);
  }
  return std::nullopt;
}

void Finder::ask_command(const std::vector<std::string>& argv) {
  tools::RunSpec spec;
  spec.argv = argv;
  spec.argv.front() = config::expand_home(argv.front(), lookup());
  spec.directory = std::string(tools::value_of(environment_, "HOME"));
  spec.environment = tools::child_environment(environment_, manager_variables());
  spec.output_limit = most_output;
  spec.time_limit = command_time_limit;
  run_ = runner_.run(std::move(spec), [this, program = argv.front()](tools::RunOutcome outcome) {
    auto result = judge_command(program, outcome);
    explicit_bzero(outcome.output.data(), outcome.output.size());
    finish(std::move(result));
  });
}

void Finder::ask_keyring() {
  run_ = runner_.run(keyring_lookup(environment_),
                     [this](tools::RunOutcome outcome) { finish(judge_lookup(outcome)); });
}

void Finder::finish(std::variant<config::ApiKey, Failure> result) {
  run_ = 0;
  std::exchange(found_, nullptr)(std::move(result));
}

void Finder::cancel() {
  if (run_ != 0) runner_.cancel(std::exchange(run_, 0));
  found_ = nullptr;
}

}  // namespace gv::keys
