// The installed example, `config show` and Reload, against the tables of keys.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/config/document.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/config/example.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"

using namespace std::chrono_literals;
using gv::config::Config;
using gv::config::Element;
using gv::config::Profile;

namespace {

// The dotted keys of the document that hold a value, profile names replaced by NAME.
void collect(const Element& map, const std::string& prefix, std::vector<std::string>& keys) {
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    const std::string name = prefix == "profiles." ? "NAME" : map.children[i].text;
    const Element& value = map.children[i + 1];
    if (value.type == Element::Type::map && !value.children.empty()) {
      collect(value, prefix + name + ".", keys);
    } else {
      keys.push_back(prefix + name);
    }
  }
}

Config unlike_the_defaults() {
  Config config;
  config.api.key_file = "~/key";
  config.api.endpoint = "ws://[::1]:80";
  config.api.version = "v1alpha";
  config.api.key_command = {"pass", "show it", "-n", "\"q\"", "null"};
  config.default_profile = "mine";
  config.audio.capture_devices = {"hw:CARD=a,DEV=0", "plug:'x y'", "#not a comment"};
  config.audio.playback_devices = {"null"};
  config.audio.period = 10ms;
  config.audio.prebuffer = 0ms;
  config.audio.buffering = gv::config::Buffering::direct;
  config.audio.echo = gv::config::Echo::off;
  config.audio.high_pass = false;
  config.audio.noise_suppression = true;
  config.audio.gain_control = true;
  config.session.max_duration = 90s;
  config.session.idle_timeout = 0ms;
  config.history.keep = 36h;
  config.log_level = gv::config::LogLevel::error;
  Profile& mine = config.profiles["mine"];
  mine.description = "Küche: \"yes\" \\ # no";
  mine.instructions = "a\n\tb: c\n\n- d\n";
  mine.voice = "Kore";
  mine.language = "no";
  mine.vad.silence = 1234ms;
  mine.vad.start_sensitivity = gv::config::Sensitivity::high;
  mine.fallback_models = {"a", "models/b"};
  mine.interruptions = false;
  return config;
}

}  // namespace

TEST_CASE("the example loads without a word and equals the defaults") {
  const auto result = gv::config::load(gv::config::example_yaml(), "config.yaml");
  CHECK(gv::config::format(result.diagnostics) == "");
  CHECK(gv::config::changed_keys(Config{}, result.config) == std::vector<std::string>{});
  CHECK(result.config == Config{});
}

TEST_CASE("the example holds every key that the loader knows") {
  const auto document = gv::config::parse_document(gv::config::example_yaml());
  REQUIRE(std::holds_alternative<Element>(document));
  std::vector<std::string> shown;
  collect(std::get<Element>(document), "", shown);
  std::vector<std::string> known = gv::config::known_keys();
  std::sort(shown.begin(), shown.end());
  std::sort(known.begin(), known.end());
  CHECK(shown == known);
  CHECK(known.size() == 40);
}

TEST_CASE("what config show prints loads as what it was") {
  for (const Config& config : {Config{}, unlike_the_defaults()}) {
    const std::string text = gv::config::dump(config);
    CAPTURE(text);
    const auto result = gv::config::load(text, "f");
    CHECK(result.ok());
    CHECK(gv::config::changed_keys(config, result.config) == std::vector<std::string>{});
    CHECK(result.config == config);
  }
  CHECK(gv::config::dump(Config{}).find("\n  period: 20ms\n") != std::string::npos);
}

TEST_CASE("changed keys are told by name") {
  CHECK(gv::config::changed_keys(Config{}, Config{}).empty());
  Config changed;
  changed.audio.period = 10ms;
  changed.log_level = gv::config::LogLevel::debug;
  changed.reserved.hooks = {"start"};
  changed.profiles.at("tutor").voice = "Kore";
  changed.profiles.at("tutor").vad.silence.reset();
  changed.profiles.erase("support");
  changed.profiles["mine"] = {};
  CHECK(gv::config::changed_keys(Config{}, changed) ==
        std::vector<std::string>{"audio.period", "log.level", "hooks", "profiles.support",
                                 "profiles.tutor.voice", "profiles.tutor.vad.silence",
                                 "profiles.mine"});
}

TEST_CASE("the four profiles ship, each with a purpose") {
  const auto profiles = gv::config::default_profiles();
  CHECK(profiles.size() == 4);
  for (const char* name : {"assistant", "tutor", "support", "captions"}) {
    CAPTURE(name);
    REQUIRE(profiles.contains(name));
    CHECK_FALSE(profiles.at(name).description.empty());
    CHECK(profiles.at(name).instructions.size() > 200);
    CHECK(profiles.at(name).model == "gemini-3.8-live");
  }
}
