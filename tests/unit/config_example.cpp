// The installed example, `config show` and Reload, against the tables of keys.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "daemon/config/document.hpp"
#include "daemon/config/dump.hpp"
#include "daemon/config/example.hpp"
#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"
#include "daemon/config/reload.hpp"

using namespace std::chrono_literals;
using gv::config::Config;
using gv::config::Element;
using gv::config::Profile;

namespace {

// The dotted keys of the document that hold a value, names in tables replaced by NAME.
void collect(const Element& map, const std::string& prefix, std::set<std::string>& keys) {
  const bool table = prefix == "profiles." || prefix == "tools.commands." ||
                     prefix == "tools.mcp_servers." || prefix == "usage.prices.";
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    const std::string path = prefix + (table ? "NAME" : map.children[i].text);
    const Element& value = map.children[i + 1];
    if (value.type == Element::Type::map && !value.children.empty() &&
        !path.ends_with(".parameters")) {
      collect(value, path + ".", keys);
    } else {
      keys.insert(path);
    }
  }
}

// As a user would uncomment them all: a # without one blank after it goes.
std::string with_examples() {
  std::string all;
  std::istringstream lines{std::string(gv::config::example_yaml())};
  for (std::string line; std::getline(lines, line); all += line + "\n") {
    const auto at = line.find_first_not_of(' ');
    if (at == line.npos || line[at] != '#' || at + 1 == line.size()) continue;
    const bool prose = line[at + 1] == ' ' && line[at + 2] != ' ';
    if (!prose) line.erase(at, 1);
  }
  return all;
}

gv::schema::Schema parameters(const std::string& json) {
  return std::get<gv::schema::Schema>(
      gv::schema::Schema::parse(boost::json::parse(json), gv::schema::Dialect::strict));
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
  config.notifications = gv::config::Notifications::all;
  config.hooks.argv.back() = {"notify-send", "--", "a b"};
  config.hooks.time_limit = 1s;
  config.usage.daily_budget = 12.345;
  config.usage.prices["a"] = {{"x*", "y"}, 0.1, 1e-7, 10000, 3, 0};
  config.shortcuts = {true, "LOGO+g", "F9", "CTRL+m"};
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
  mine.tools = {"say", "look_at_screen", "files"};
  config.tools.approval_timeout = 5s;
  gv::config::CommandTool& say = config.tools.commands["say"];
  say.description = "Says: \"it\"\nand {more}";
  say.child.argv = {"~/bin/say", "--", "{{}} {text}", "a\nb"};
  say.child.directory = "/tmp";
  say.child.environment = {"DISPLAY", "A=b=c d"};
  say.input = "{text}\n";
  say.output_limit = 256;
  say.policy = {gv::config::Approval::allow, true, true, gv::config::Scheduling::interrupt, 100ms};
  say.parameters = parameters(R"({"type":"object","description":"a\n\t\"b\" ü","properties":{
      "text":{"type":"string","pattern":"^[^\"]*\\\\$","enum":["\\"],"default":"\\"},
      "null":{"type":"number","minimum":-1.5,"maximum":1e300,"enum":[0.1,40,40.0]},
      "yes":{"type":"null","const":null}},"required":["text"]})");
  config.tools.commands["null"].description = "Nothing";
  config.tools.commands["null"].child.argv = {"/bin/true"};
  gv::config::McpServer& files = config.tools.mcp_servers["files"];
  files.url = "https://example.org:8443/mcp?a=b";
  files.token_file = "~/token";
  files.tools = {"*"};
  files.policy = {gv::config::Approval::deny, false, false, gv::config::Scheduling::silent, 10min};
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
  const auto document = gv::config::parse_document(with_examples());
  REQUIRE(std::holds_alternative<Element>(document));
  std::set<std::string> shown;
  collect(std::get<Element>(document), "", shown);
  const std::vector<std::string> known = gv::config::known_keys();
  CHECK(shown == std::set<std::string>(known.begin(), known.end()));
  CHECK(known.size() == 88);
}

TEST_CASE("what the example hides loads without a word, and its first entries are the defaults") {
  const auto result = gv::config::load(with_examples(), "config.yaml");
  CHECK(gv::config::format(result.diagnostics) == "");
  const gv::config::Tools& tools = result.config.tools;
  std::string names;
  for (const auto& [name, command] : tools.commands)
    names += name + " ";
  for (const auto& [name, server] : tools.mcp_servers)
    names += name + " ";
  CHECK(names ==
        "clipboard media note open_application open_page timer volume everything files home ");
  gv::config::CommandTool volume = tools.commands.at("volume");
  CHECK(volume.child.argv ==
        std::vector<std::string>{"wpctl", "set-volume", "@DEFAULT_AUDIO_SINK@", "{percent}%"});
  CHECK(volume.parameters.mismatch({{"percent", 100}}) == std::nullopt);
  CHECK(volume.parameters.mismatch({{"percent", 101}}).has_value());
  CHECK(volume.policy.approval == gv::config::Approval::allow);
  volume.policy.approval = gv::config::Approval::ask;
  CHECK(volume.policy == gv::config::ToolPolicy{});
  CHECK(volume.output_limit == gv::config::CommandTool{}.output_limit);
  const auto& page = tools.commands.at("open_page").parameters;
  CHECK(page.mismatch({{"url", "https://example.org/a?b=c%20d"}}) == std::nullopt);
  for (const char* url : {"file:///etc/passwd", "--help", "https://a b", "https://$HOME"}) {
    CAPTURE(url);
    CHECK(page.mismatch({{"url", url}}).has_value());
  }
  CHECK(tools.commands.at("note").input == "{text}\n");
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
  changed.hooks.argv[0] = {"start"};
  changed.usage.prices["live"].audio_in = 1;
  changed.profiles.at("tutor").voice = "Kore";
  changed.profiles.at("tutor").vad.silence.reset();
  changed.profiles.erase("support");
  changed.profiles["mine"] = {};
  Config before;
  before.tools.commands["a"].description = "before";
  before.tools.commands["b"] = {};
  before.tools.mcp_servers["files"] = {};
  changed.tools.commands["a"].policy.approval = gv::config::Approval::allow;
  changed.tools.commands["a"].parameters =
      parameters(R"({"type":"object","properties":{"x":{"type":"null"}}})");
  changed.tools.mcp_servers["files"].tools = {"*"};
  changed.tools.mcp_servers["new"] = {};
  changed.tools.approval_timeout = 5s;
  CHECK(gv::config::changed_keys(before, changed) ==
        std::vector<std::string>{
            "audio.period", "log.level", "hooks.session_started", "tools.approval_timeout",
            "usage.prices.live.audio_in", "tools.commands.a.description",
            "tools.commands.a.parameters", "tools.commands.a.approval", "tools.commands.b",
            "tools.mcp_servers.files.tools", "tools.mcp_servers.new", "profiles.support",
            "profiles.tutor.voice", "profiles.tutor.vad.silence", "profiles.mine"});
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

TEST_CASE("of every key it is known whether a session that runs takes it over") {
  for (const std::string& key : gv::config::known_keys()) {
    CAPTURE(key);
    bool found = false;
    for (const auto& entry : gv::config::key_effects()) {
      found = found || key == entry.key || (entry.key.ends_with('.') && key.starts_with(entry.key));
    }
    CHECK(found);
  }
  using gv::config::Effect;
  CHECK(gv::config::effect_of("audio.period") == Effect::next_session);
  CHECK(gv::config::effect_of("audio.echo") == Effect::at_once);
  CHECK(gv::config::effect_of("profiles.tutor.voice") == Effect::next_session);
  CHECK(gv::config::effect_of("profiles.tutor.description") == Effect::at_once);
  CHECK(gv::config::effect_of("profiles.description") == Effect::next_session);
  CHECK(gv::config::effect_of("tools.commands.description") == Effect::next_session);
  CHECK(gv::config::effect_of("usage.prices.live.audio_in") == Effect::at_once);
}

TEST_CASE("what a session takes over is in force, and the rest waits") {
  Config in_force;
  Config fresh = unlike_the_defaults();
  fresh.profiles.at("tutor").description = "another";
  fresh.profiles.at("tutor").voice = "Kore";
  gv::config::take_over(in_force, fresh);
  for (const std::string& key : gv::config::changed_keys(in_force, fresh)) {
    CAPTURE(key);
    CHECK(gv::config::effect_of(key) == gv::config::Effect::next_session);
  }
  for (const std::string& key : gv::config::changed_keys(Config{}, in_force)) {
    CAPTURE(key);
    CHECK(gv::config::effect_of(key) == gv::config::Effect::at_once);
  }
  CHECK(in_force.session == fresh.session);
  CHECK(in_force.usage == fresh.usage);
  CHECK(in_force.profiles.at("tutor").description == "another");
  CHECK(in_force.profiles.at("tutor").voice.empty());
}
