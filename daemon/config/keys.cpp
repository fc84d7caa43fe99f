#include "daemon/config/keys.hpp"

#include <algorithm>
#include <utility>

namespace gv::config {
namespace {

using namespace std::chrono_literals;

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

// A word or a few that somebody says.
std::string check_phrase(std::string_view text) {
  constexpr std::size_t longest = 200;
  if (text.find_first_not_of(" \t\n") == text.npos) return "the word is empty";
  if (text.size() > longest) return "the word is longer than 200 bytes";
  return check_any(text);
}

std::vector<Key<Config>> make_config_keys() {
  using C = Config;
  std::vector<Key<Config>> keys{
      key<C>(
          "api.key_file", [](auto& c) -> auto& { return c.api.key_file; }, text(check_path)),
      key<C>(
          "api.key_command", [](auto& c) -> auto& { return c.api.key_command; },
          list(not_empty("the argument"))),
      key<C>(
          "api.keyring", [](auto& c) -> auto& { return c.api.keyring; }, boolean()),
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
          "audio.earcons", [](auto& c) -> auto& { return c.audio.earcons; }, boolean()),
      key<C>(
          "session.idle_timeout", [](auto& c) -> auto& { return c.session.idle_timeout; },
          duration(0ms, 7 * 24h)),
      key<C>(
          "session.max_duration", [](auto& c) -> auto& { return c.session.max_duration; },
          or_unset("none", duration(1s, 7 * 24h))),
      key<C>(
          "history.enabled", [](auto& c) -> auto& { return c.history.enabled; }, boolean()),
      key<C>(
          "history.keep", [](auto& c) -> auto& { return c.history.keep; },
          duration_in_hours(1h, 3650 * 24h)),
      key<C>(
          "notifications", [](auto& c) -> auto& { return c.notifications; },
          choice<Notifications>({{"off", Notifications::off},
                                 {"errors", Notifications::errors},
                                 {"all", Notifications::all},
                                 {"false", Notifications::off},
                                 {"true", Notifications::all}})),
      key<C>(
          "usage.daily_budget", [](auto& c) -> auto& { return c.usage.daily_budget; },
          or_unset("none", number(0.01, 100'000))),
      key<C>(
          "shortcuts.portal", [](auto& c) -> auto& { return c.shortcuts.portal; }, boolean()),
      key<C>(
          "shortcuts.toggle", [](auto& c) -> auto& { return c.shortcuts.toggle; }, text(check_any)),
      key<C>(
          "shortcuts.talk", [](auto& c) -> auto& { return c.shortcuts.talk; }, text(check_any)),
      key<C>(
          "shortcuts.mute", [](auto& c) -> auto& { return c.shortcuts.mute; }, text(check_any)),
      key<C>(
          "log.level", [](auto& c) -> auto& { return c.log_level; },
          choice<LogLevel>({{"error", LogLevel::error},
                            {"warning", LogLevel::warning},
                            {"info", LogLevel::info},
                            {"debug", LogLevel::debug}})),
  };
  for (std::size_t event = 0; event < hook_names.size(); ++event) {
    keys.push_back(key<C>(
        "hooks." + std::string(hook_names[event]),
        [event](auto& c) -> auto& { return c.hooks.argv[event]; }, list(check_argument)));
  }
  keys.push_back(key<C>(
      "hooks.time_limit", [](auto& c) -> auto& { return c.hooks.time_limit; },
      duration(100ms, 10min)));
  // Last: the tables below tools follow it in what is shown.
  keys.push_back(key<C>(
      "tools.approval_timeout", [](auto& c) -> auto& { return c.tools.approval_timeout; },
      duration(5s, 1h)));
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
      key<P>(
          "greeting", [](auto& p) -> auto& { return p.greeting; }, text(check_prose)),
      key<P>(
          "escalation_words", [](auto& p) -> auto& { return p.escalation_words; },
          list(check_phrase)),
      key<P>(
          "transcript_folder", [](auto& p) -> auto& { return p.transcript_folder; },
          text(check_path)),
      key<P>(
          "off_the_record", [](auto& p) -> auto& { return p.off_the_record; }, boolean()),
      key<P>(
          "learning.target", [](auto& p) -> auto& { return p.learning.target; }, text(check_any)),
      key<P>(
          "learning.native", [](auto& p) -> auto& { return p.learning.native; }, text(check_any)),
      key<P>(
          "learning.corrections", [](auto& p) -> auto& { return p.learning.corrections; },
          boolean()),
      key<P>(
          "learning.slow_speech", [](auto& p) -> auto& { return p.learning.slow_speech; },
          boolean()),
  };
  return keys;
}

std::vector<Key<Prices>> make_price_keys() {
  using P = Prices;
  const auto price = number(0, 10'000);
  return {
      key<P>(
          "models", [](auto& p) -> auto& { return p.models; }, list(not_empty("the model"))),
      key<P>(
          "text_in", [](auto& p) -> auto& { return p.text_in; }, price),
      key<P>(
          "audio_in", [](auto& p) -> auto& { return p.audio_in; }, price),
      key<P>(
          "image_in", [](auto& p) -> auto& { return p.image_in; }, price),
      key<P>(
          "text_out", [](auto& p) -> auto& { return p.text_out; }, price),
      key<P>(
          "audio_out", [](auto& p) -> auto& { return p.audio_out; }, price),
  };
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
      all.schema,
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

const std::vector<Key<Prices>>& price_keys() {
  static const std::vector<Key<Prices>> keys = make_price_keys();
  return keys;
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
  add("usage.prices.NAME.", price_keys());
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
  add_changed("usage.prices.", price_keys(), old_config.usage.prices, new_config.usage.prices,
              changed);
  const Tools& before = old_config.tools;
  const Tools& after = new_config.tools;
  add_changed("tools.commands.", command_keys(), before.commands, after.commands, changed);
  add_changed("tools.mcp_servers.", server_keys(), before.mcp_servers, after.mcp_servers, changed);
  add_changed("profiles.", profile_keys(), old_config.profiles, new_config.profiles, changed);
  return changed;
}

}  // namespace gv::config
