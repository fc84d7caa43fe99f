#include "ctl/set_key.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include <asio/io_context.hpp>

#include "ctl/client.hpp"
#include "ctl/config_file.hpp"
#include "ctl/problem.hpp"
#include "ctl/run_program.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/config/replace_file.hpp"
#include "daemon/config/text.hpp"
#include "daemon/keys/finder.hpp"
#include "daemon/keys/keyring.hpp"
#include "daemon/util/memory_file.hpp"

namespace gv::ctl {
namespace {

constexpr const char* verb = "config set-key";

// Into the keyring and back: one that takes a key and does not give it again is of no use.
// Why not; empty: it is there.
std::string put_into_keyring(std::string_view key) {
  const std::vector<std::string> environment = config::process_variables();
  const MemoryFile input(key);
  if (!input.whole()) return "the system has no memory for it";
  const auto stored = keys::judge_store(run_program(keys::keyring_store(environment, input.get())));
  if (const auto* not_stored = std::get_if<keys::NotStored>(&stored)) return not_stored->why;
  tools::RunOutcome looked_up = run_program(keys::keyring_lookup(environment));
  const auto found = keys::judge_lookup(looked_up);
  if (const auto* failure = std::get_if<Failure>(&found)) return failure->message;
  return std::get<config::ApiKey>(found).key.reveal() == key ? "" : "it keeps another key for us";
}

void put_into_file(const std::string& file, std::string_view key) {
  const config::Secret line(std::string(key) + '\n');
  try {
    config::replace_file(file, line.reveal(), 0600);
  } catch (const std::system_error& e) {
    throw Problem(Exit::failed, verb, file + " cannot be written: " + e.code().message(),
                  "another place: GEMINI_VOICE_CONFIG=FILE, or --keyring");
  }
}

// As it is written in the configuration: below the home it moves with it.
std::string with_tilde(const std::string& path) {
  const char* home = std::getenv("HOME");
  const std::string folder = home == nullptr ? "" : home;
  if (folder.size() < 2 || !path.starts_with(folder + '/')) return path;
  return '~' + path.substr(folder.size());
}

// What the configuration becomes for one place.
struct Plan {
  config::Config wanted;
  std::vector<config::Change> changes;
};

Plan plan_keyring(const ConfigFile& file) {
  Plan plan{file.config, {{{"api", "keyring"}, "true"}}};
  plan.wanted.api.keyring = true;
  if (!file.config.api.key_file.empty()) {  // it would go first
    plan.changes.push_back({{"api", "key_file"}, "\"\""});
    plan.wanted.api.key_file.clear();
  }
  return plan;
}

Plan plan_file(const ConfigFile& file, const std::string& key_file) {
  Plan plan{file.config, {{{"api", "key_file"}, config::as_scalar(key_file)}}};
  plan.wanted.api.key_file = key_file;
  return plan;
}

void add_notes(StoredKey& stored, const ConfigFile& file, std::string_view key) {
  if (!config::holds_api_key(key)) {
    stored.notes.emplace_back(
        "it does not look like a key of Google AI Studio (AIza…, AQ.…); it was stored all the "
        "same");
  }
  if (!file.copied_from.empty()) {
    stored.notes.push_back(file.path + " is new, and began as a copy of " + file.copied_from);
  }
  for (const char* name : {"GEMINI_API_KEY", "GOOGLE_API_KEY"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    stored.notes.push_back("$" + std::string(name) +
                           " is set here, and goes first where the daemon has it too");
  }
  const std::string& before = file.config.api.key_file;
  std::error_code none;
  const std::string old = config::expand_home(before, config::process_environment());
  if (stored.in_keyring && !before.empty() && std::filesystem::exists(old, none))
    stored.notes.push_back("the key file " + old + " is not used any more; you may delete it");
}

}  // namespace

bool reload_daemon(const Options& options, std::string& note) {
  try {
    Client client(verb, options);
    if (!client.daemon_runs()) return false;
    client.call([](org::geminivoice::Voice1_proxy& voice) { return voice.Reload(); });
    return true;
  } catch (const Problem& problem) {
    if (problem.exit() != Exit::no_daemon)
      note = "the running daemon could not be told (" + std::string(problem.what()) + ")";
    return false;  // no bus: then there is no daemon on it
  }
}

StoredKey store_key(const config::Secret& typed, KeyPlace place, const Options& options) {
  auto taken = config::take_api_key(typed.reveal(), "standard input");
  if (const auto* failure = std::get_if<Failure>(&taken))
    throw Problem(Exit::key, verb, failure->message);
  const config::Secret key = std::move(std::get<config::ApiKey>(taken).key);

  const ConfigFile file = read_config(verb);
  if (!file.config.api.key_command.empty()) {
    if (place == KeyPlace::keyring) {
      throw Problem(Exit::refused, verb,
                    "api.key_command in " + file.path + " goes before the keyring",
                    "to remove it there, or --file");
    }
    place = KeyPlace::file;
  }
  const std::string key_file =
      (std::filesystem::absolute(file.path).parent_path() / "key").string();
  StoredKey stored;
  stored.config = file.path;
  std::string text;
  if (place != KeyPlace::file) {
    const Plan plan = plan_keyring(file);
    text = changed(file, plan.changes, plan.wanted, verb);
    const std::string why = put_into_keyring(key.reveal());
    stored.in_keyring = why.empty();
    if (!why.empty() && place == KeyPlace::keyring) {
      throw Problem(Exit::refused, verb, "the keyring does not take the key: " + why,
                    "to unlock it, or --file");
    }
    if (!why.empty()) stored.notes.push_back("not in a keyring: " + why);
  }
  if (!stored.in_keyring) {
    const Plan plan = plan_file(file, with_tilde(key_file));
    text = changed(file, plan.changes, plan.wanted, verb);
    put_into_file(key_file, key.reveal());
    stored.file = key_file;
  }
  if (text != file.text) write_config(file, text, verb);
  std::string note;
  stored.reloaded = reload_daemon(options, note);
  if (!note.empty()) stored.notes.push_back(note);
  add_notes(stored, file, key.reveal());
  return stored;
}

std::string describe(const StoredKey& stored) {
  std::string text = "The key is in " +
                     (stored.in_keyring ? std::string("your keyring")
                                        : stored.file + ", which only you can read") +
                     ", and " + stored.config + " says so.\n";
  for (const std::string& note : stored.notes)
    text += "Note: " + note + ".\n";
  if (stored.reloaded) text += "The running daemon knows it.\n";
  return text;
}

std::variant<config::ApiKey, Failure> find_key(const config::Api& api) {
  asio::io_context io;
  keys::Finder finder(io, config::process_variables());
  std::variant<config::ApiKey, Failure> result = Failure{};
  try {
    auto ready = finder.find(api, [&result](auto found) { result = std::move(found); });
    if (ready) return std::move(*ready);
    io.run();
  } catch (const FailureError& e) {
    return e.failure();
  }
  return result;
}

}  // namespace gv::ctl
