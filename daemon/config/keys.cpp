#include "daemon/config/keys.hpp"

#include <algorithm>
#include <utility>

namespace gv::config {
namespace {

using namespace std::chrono_literals;

// A key of a later version: checked like the others, with a word that it does nothing yet.
template <class T>
Key<T> not_yet(Key<T> key) {
  key.no_effect = "accepted, but has no effect in this version";
  return key;
}

// What the library of the echo canceller does besides.
template <class T>
Key<T> canceller_does(Key<T> key) {
  key.no_effect = processing_without(GV_ECHO_CANCELLATION != 0);
  return key;
}

Check not_empty(std::string what) {
  return [what = std::move(what)](std::string_view text) {
    return text.empty() ? what + " is empty" : check_any(text);
  };
}

Kind<std::string> budget() {
  return {
      [](const Input& input, std::string& value) -> Problems {
        std::string amount;
        if (Problems wrong = text(not_empty("the amount")).parse(input, amount); !wrong.empty()) {
          return wrong;
        }
        value = amount == "none" ? "" : amount;
        return {};
      },
      [](const std::string& value) -> Input {
        return {false, {value.empty() ? "none" : value}};
      },
  };
}

std::vector<Key<Config>> make_config_keys() {
  using C = Config;
  std::vector<Key<Config>> keys{
      key<C>(
          "api.key_file", [](auto& c) -> auto& { return c.api.key_file; }, text(check_path)),
      not_yet(key<C>(
          "api.key_command", [](auto& c) -> auto& { return c.api.key_command; },
          list(not_empty("the argument")))),
      not_yet(key<C>(
          "api.keyring", [](auto& c) -> auto& { return c.api.keyring; }, boolean())),
      key<C>(
          "api.endpoint", [](auto& c) -> auto& { return c.api.endpoint; }, text(check_endpoint)),
      key<C>(
          "api.version", [](auto& c) -> auto& { return c.api.version; },
          choice<std::string>({{"v1beta", "v1beta"}, {"v1alpha", "v1alpha"}, {"v1", "v1"}})),
      key<C>(
          "api.ca_file", [](auto& c) -> auto& { return c.api.ca_file; }, text(check_path)),
      key<C>(
          "default_profile", [](auto& c) -> auto& { return c.default_profile; }, text(check_name)),
      key<C>(
          "audio.capture.device", [](auto& c) -> auto& { return c.audio.capture_devices; },
          one_or_list(check_device)),
      key<C>(
          "audio.playback.device", [](auto& c) -> auto& { return c.audio.playback_devices; },
          one_or_list(check_device)),
      key<C>(
          "audio.playback.buffering", [](auto& c) -> auto& { return c.audio.buffering; },
          choice<Buffering>({{"queued", Buffering::queued}, {"direct", Buffering::direct}})),
      key<C>(
          "audio.playback.prebuffer", [](auto& c) -> auto& { return c.audio.prebuffer; },
          duration(0ms, 2s)),
      key<C>(
          "audio.period", [](auto& c) -> auto& { return c.audio.period; }, duration(5ms, 100ms)),
      key<C>(
          "audio.echo", [](auto& c) -> auto& { return c.audio.echo; },
          echo_mode(GV_ECHO_CANCELLATION != 0)),
      canceller_does(key<C>(
          "audio.high_pass", [](auto& c) -> auto& { return c.audio.high_pass; }, boolean())),
      canceller_does(key<C>(
          "audio.noise_suppression", [](auto& c) -> auto& { return c.audio.noise_suppression; },
          boolean())),
      canceller_does(key<C>(
          "audio.gain_control", [](auto& c) -> auto& { return c.audio.gain_control; }, boolean())),
      key<C>(
          "session.idle_timeout", [](auto& c) -> auto& { return c.session.idle_timeout; },
          duration(0ms, 7 * 24h)),
      key<C>(
          "session.max_duration", [](auto& c) -> auto& { return c.session.max_duration; },
          or_unset("none", duration(1s, 7 * 24h))),
      not_yet(key<C>(
          "history.enabled", [](auto& c) -> auto& { return c.history.enabled; }, boolean())),
      not_yet(key<C>(
          "history.keep", [](auto& c) -> auto& { return c.history.keep; },
          duration_in_hours(1h, 3650 * 24h))),
      not_yet(key<C>(
          "notifications", [](auto& c) -> auto& { return c.reserved.notifications; }, boolean())),
      not_yet(key<C>(
          "usage.daily_budget", [](auto& c) -> auto& { return c.reserved.daily_budget; },
          budget())),
      key<C>(
          "log.level", [](auto& c) -> auto& { return c.log_level; },
          choice<LogLevel>({{"error", LogLevel::error},
                            {"warning", LogLevel::warning},
                            {"info", LogLevel::info},
                            {"debug", LogLevel::debug}})),
      // Last: the tables below tools follow it in what is shown.
      key<C>(
          "tools.approval_timeout", [](auto& c) -> auto& { return c.tools.approval_timeout; },
          duration(5s, 1h)),
  };
  return keys;
}

std::vector<Key<Profile>> make_profile_keys() {
  using P = Profile;
  const auto sensitivity = or_unset(
      "default", choice<Sensitivity>({{"low", Sensitivity::low}, {"high", Sensitivity::high}}));
  const auto vad_time = or_unset("default", duration(0ms, 10s));
  std::vector<Key<Profile>> keys{
      key<P>(
          "description", [](auto& p) -> auto& { return p.description; }, text(check_any)),
      key<P>(
          "model", [](auto& p) -> auto& { return p.model; }, text(check_model)),
      key<P>(
          "fallback_models", [](auto& p) -> auto& { return p.fallback_models; }, list(check_model)),
      key<P>(
          "voice", [](auto& p) -> auto& { return p.voice; }, text(check_voice)),
      key<P>(
          "language", [](auto& p) -> auto& { return p.language; }, text(check_language)),
      key<P>(
          "instructions", [](auto& p) -> auto& { return p.instructions; }, text(check_prose)),
      key<P>(
          "turn_taking", [](auto& p) -> auto& { return p.turn_taking; },
          choice<TurnTaking>(
              {{"automatic", TurnTaking::automatic}, {"push-to-talk", TurnTaking::push_to_talk}})),
      key<P>(
          "interruptions", [](auto& p) -> auto& { return p.interruptions; }, boolean()),
      key<P>(
          "vad.start_sensitivity", [](auto& p) -> auto& { return p.vad.start_sensitivity; },
          sensitivity),
      key<P>(
          "vad.end_sensitivity", [](auto& p) -> auto& { return p.vad.end_sensitivity; },
          sensitivity),
      key<P>(
          "vad.prefix_padding", [](auto& p) -> auto& { return p.vad.prefix_padding; }, vad_time),
      key<P>(
          "vad.silence", [](auto& p) -> auto& { return p.vad.silence; }, vad_time),
      key<P>(
          "google_search", [](auto& p) -> auto& { return p.google_search; }, boolean()),
      key<P>(
          "tools", [](auto& p) -> auto& { return p.tools; }, list(check_function_name)),
  };
  return keys;
}

}  // namespace

std::string processing_without(bool cancellation_built_in) {
  if (cancellation_built_in) return {};
  return "accepted, but has no effect: echo cancellation, which does it, is not built into this "
         "gemini-voiced";
}

Kind<Echo> echo_mode(bool cancellation_built_in) {
  Kind<Echo> all = choice<Echo>({{"auto", Echo::automatic},
                                 {"cancel", Echo::cancel},
                                 {"half-duplex", Echo::half_duplex},
                                 {"off", Echo::off}});
  return {
      [parse = all.parse, cancellation_built_in](const Input& input, Echo& value) -> Problems {
        Echo parsed{};
        if (Problems problems = parse(input, parsed); !problems.empty()) return problems;
        if (parsed == Echo::cancel && !cancellation_built_in) {
          return {{0,
                   "cancellation is not built into this gemini-voiced. Try: half-duplex, or build "
                   "it with -Decho_cancellation=enabled"}};
        }
        value = parsed;
        return {};
      },
      all.print,
  };
}

const std::vector<Key<Config>>& config_keys() {
  static const std::vector<Key<Config>> keys = make_config_keys();
  return keys;
}

const std::vector<Key<Profile>>& profile_keys() {
  static const std::vector<Key<Profile>> keys = make_profile_keys();
  return keys;
}

const std::vector<NameTable>& name_tables() {
  static const std::vector<NameTable> tables{
      {"hooks", &Reserved::hooks},
  };
  return tables;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> paths;
  const auto add = [&paths](const std::string& prefix, const auto& keys) {
    for (const auto& entry : keys)
      paths.push_back(prefix + entry.path);
  };
  add("", config_keys());
  add("profiles.NAME.", profile_keys());
  add("tools.commands.NAME.", command_keys());
  add("tools.mcp_servers.NAME.", server_keys());
  add("", name_tables());
  return paths;
}

namespace {

template <class T>
void add_changed(const std::string& table, const std::vector<Key<T>>& keys,
                 const std::map<std::string, T>& before, const std::map<std::string, T>& after,
                 std::vector<std::string>& changed) {
  for (const auto& [name, old_entry] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      changed.push_back(table + name);
      continue;
    }
    for (const auto& entry : keys) {
      if (entry.get(old_entry) != entry.get(now->second)) {
        changed.push_back(table + name + "." + entry.path);
      }
    }
  }
  for (const auto& [name, entry] : after) {
    if (!before.contains(name)) changed.push_back(table + name);
  }
}

}  // namespace

std::vector<std::string> changed_keys(const Config& old_config, const Config& new_config) {
  std::vector<std::string> changed;
  for (const auto& entry : config_keys()) {
    if (entry.get(old_config) != entry.get(new_config)) changed.push_back(entry.path);
  }
  for (const auto& table : name_tables()) {
    if (old_config.reserved.*table.names != new_config.reserved.*table.names) {
      changed.push_back(table.path);
    }
  }
  const Tools& before = old_config.tools;
  const Tools& after = new_config.tools;
  add_changed("tools.commands.", command_keys(), before.commands, after.commands, changed);
  add_changed("tools.mcp_servers.", server_keys(), before.mcp_servers, after.mcp_servers, changed);
  add_changed("profiles.", profile_keys(), old_config.profiles, new_config.profiles, changed);
  return changed;
}

}  // namespace gv::config
