#include "daemon/keys/keyring.hpp"

#include <utility>

#include <string.h>  // explicit_bzero

#include "daemon/keys/secret_exit.hpp"
#include "daemon/tools/environment.hpp"
#include "daemon/util/libexec.hpp"
#include "daemon/util/text.hpp"

namespace gv::keys {
namespace {

using End = tools::RunOutcome::End;

constexpr std::size_t most_output = 4096 + 64;
constexpr std::size_t most_words = 300;

tools::RunSpec spec(const char* verb, const std::vector<std::string>& ours) {
  tools::RunSpec spec;
  spec.argv = {libexec_program(secret_program), verb};
  spec.directory = "/";
  spec.environment = tools::child_environment(
      ours, {"DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"});
  spec.output_limit = most_output;
  spec.time_limit = keyring_time_limit;
  return spec;
}

// Of what the program said itself, which never holds the key.
std::string words_of(const tools::RunOutcome& outcome) {
  std::string why = printable(outcome.errors, most_words);
  while (why.ends_with(' ') || why.ends_with('.'))
    why.pop_back();
  return why.empty() ? "it gave no reason" : why;
}

// What went wrong where the program has not ended with `done`.
std::string trouble(const tools::RunOutcome& outcome) {
  switch (outcome.end) {
    case End::not_started:
      return libexec_program(secret_program) + " could not be started: " + outcome.why;
    case End::timed_out:
      return "it did not answer within " + std::to_string(keyring_time_limit.count()) +
             " minutes; it may be locked, and its question for the password unanswered";
    case End::signalled:
      return std::string(secret_program) + " ended by signal " + std::to_string(outcome.status);
    case End::exited:
      break;
  }
  return words_of(outcome);
}

SecretExit exit_of(const tools::RunOutcome& outcome) {
  if (outcome.end != End::exited) return SecretExit::refused;
  return static_cast<SecretExit>(outcome.status);
}

}  // namespace

tools::RunSpec keyring_lookup(const std::vector<std::string>& ours) {
  return spec("lookup", ours);
}

tools::RunSpec keyring_store(const std::vector<std::string>& ours, int input_fd) {
  tools::RunSpec store = spec("store", ours);
  store.input_fd = input_fd;
  return store;
}

std::variant<config::ApiKey, Failure> judge_lookup(tools::RunOutcome& outcome) {
  const SecretExit exit = exit_of(outcome);
  if (exit == SecretExit::done) {
    auto key = config::take_api_key(outcome.output, "the keyring");
    explicit_bzero(outcome.output.data(), outcome.output.size());
    return key;
  }
  if (exit == SecretExit::not_found) {
    return Failure{Error::no_api_key,
                   "the keyring (api.keyring) holds no API key of gemini-voice. Try: "
                   "gemini-voicectl config set-key"};
  }
  if (exit == SecretExit::no_service) {
    return Failure{Error::no_api_key,
                   "there is no keyring (api.keyring) on the session bus: " + words_of(outcome) +
                       ". Try: log in to a desktop that has one, or gemini-voicectl config set-key "
                       "--file"};
  }
  return Failure{Error::no_api_key,
                 "the keyring (api.keyring) gave no API key: " + trouble(outcome) +
                     ". Try: unlock it, or gemini-voicectl config set-key"};
}

std::variant<std::monostate, NotStored> judge_store(const tools::RunOutcome& outcome) {
  const SecretExit exit = exit_of(outcome);
  if (exit == SecretExit::done) return std::monostate{};
  return NotStored{exit == SecretExit::no_service, trouble(outcome)};
}

}  // namespace gv::keys
