#include "ctl/set_key.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include <asio/io_context.hpp>

#include "ctl/client.hpp"
#include "ctl/config_file.hpp"
#include "ctl/doctor/find_key.hpp"
#include "ctl/key_file.hpp"
#include "ctl/problem.hpp"
#include "ctl/run_program.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/config/paths.hpp"
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

// As it is written in the configuration: below the home it moves with it.
std::string with_tilde(const std::string& path) {
  const char* home = std::getenv("HOME");
  const std::string folder = home == nullptr ? "" : home;
  if (folder.size() < 2 || !path.starts_with(folder + '/')) return path;
  return '~' + path.substr(folder.size());
}

// What the configuration becomes for one place.
struct Plan {
  std::vector<config::Change> changes;
  std::string text;  // with these

  // The same, to be done by hand.
  std::string by_hand() const {
    std::string words;
    for (const config::Change& change : changes) {
      words += words.empty() ? "" : " and ";
      words += change.path.front() + '.' + change.path.back() + ": " + change.value;
    }
    return words;
  }
};

Plan plan_keyring(const ConfigFile& file) {
  config::Config wanted = file.config;
  std::vector<config::Change> changes{{{"api", "keyring"}, "true"}};
  wanted.api.keyring = true;
  if (!file.config.api.key_file.empty()) {  // it would go first
    changes.push_back({{"api", "key_file"}, "\"\""});
    wanted.api.key_file.clear();
  }
  return {changes, changed(file, changes, wanted, verb)};
}

Plan plan_file(const ConfigFile& file, const std::string& key_file) {
  config::Config wanted = file.config;
  const std::vector<config::Change> changes{{{"api", "key_file"}, config::as_scalar(key_file)}};
  wanted.api.key_file = key_file;
  return {changes, changed(file, changes, wanted, verb)};
}

// api.key_file; empty: none.
std::string named_file(const config::Config& config) {
  return config::expand_home(config.api.key_file, config::process_environment());
}

// Into the file that the configuration names, or else into one of ours beside the configuration.
// Returns what the configuration becomes.
Plan store_in_file(const ConfigFile& file, std::string_view key, StoredKey& stored) {
  const std::string named = named_file(file.config);
  if (!named.empty()) {
    const std::string why = put_into_file(named, key);
    stored.file = named;
    if (why.empty()) return {{}, file.text};
    stored.notes.push_back("the key file " + named + " (api.key_file) cannot be written: " + why +
                           "; another one is used now, and that one is as it was");
  }
  const std::string folder = std::filesystem::absolute(file.path).parent_path().string();
  stored.file = own_key_file(folder);
  if (const std::string other = folder + "/key"; stored.file != other && named != other) {
    stored.notes.push_back(other +
                           " is there and holds something else than an API key, so it was left "
                           "alone");
  }
  Plan plan = plan_file(file, with_tilde(stored.file));
  if (const std::string why = put_into_file(stored.file, key); !why.empty()) {
    throw Problem(Exit::failed, verb, stored.file + " cannot be written: " + why,
                  "another place: GEMINI_VOICE_CONFIG=FILE, or --keyring");
  }
  return plan;
}

// The key is stored by now.
void tell_config(const ConfigFile& file, const Plan& plan, StoredKey& stored) {
  if (plan.text == file.text) {
    if (!file.copied_from.empty()) stored.config = file.copied_from;  // there is no other still
    return;
  }
  write_config(file, plan.text, verb,
               "but the key is in " + (stored.in_keyring ? "your keyring" : stored.file) + " now",
               "to set " + plan.by_hand() + " there yourself, then gemini-voicectl reload");
  if (!file.copied_from.empty())
    stored.notes.push_back(file.path + " is new, and began as a copy of " + file.copied_from);
}

void add_notes(StoredKey& stored, const ConfigFile& file, std::string_view key) {
  if (!config::holds_api_key(key)) {
    stored.notes.emplace_back(
        "it does not look like a key of Google AI Studio (AIza…, AQ.…); it was stored all the "
        "same");
  }
  for (const char* name : {"GEMINI_API_KEY", "GOOGLE_API_KEY"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    stored.notes.push_back("$" + std::string(name) +
                           " is set here, and goes first where the daemon has it too");
  }
  const std::string old = named_file(file.config);
  std::error_code none;
  if (!stored.credential.empty()) {
    // Which may be read from that file.
    stored.notes.push_back("the systemd credential gemini-api-key of the unit goes first (" +
                           stored.credential +
                           "); change the key there, then systemctl --user restart gemini-voiced");
  } else if (stored.in_keyring && !old.empty() && std::filesystem::exists(old, none)) {
    stored.notes.push_back("the key file " + old + " is not used any more; you may delete it");
  }
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
  StoredKey stored;
  stored.config = file.path;
  Plan plan;
  if (place != KeyPlace::file) {
    plan = plan_keyring(file);
    const std::string why = put_into_keyring(key.reveal());
    stored.in_keyring = why.empty();
    if (!why.empty() && place == KeyPlace::keyring) {
      throw Problem(Exit::refused, verb, "the keyring does not take the key: " + why,
                    "to unlock it, or --file");
    }
    if (!why.empty()) stored.notes.push_back("not in a keyring: " + why);
  }
  if (!stored.in_keyring) plan = store_in_file(file, key.reveal(), stored);
  tell_config(file, plan, stored);
  stored.credential = credential_file(gather_unit());
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
  if (stored.reloaded && stored.credential.empty()) text += "The running daemon knows it.\n";
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
