#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/config/keys.hpp"
#include "daemon/config/load.hpp"

using namespace std::chrono_literals;
using gv::config::Config;
using gv::config::load;
using gv::config::Result;

namespace {

// What the loader says, one line per diagnostic.
std::string said(const std::string& text) {
  return gv::config::format(load(text, "f.yaml").diagnostics);
}

Config good(const std::string& text) {
  const Result result = load(text, "f.yaml");
  CHECK(gv::config::format(result.diagnostics) == "");
  return result.config;
}

}  // namespace

TEST_CASE("an empty file is the defaults") {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n", "\xef\xbb\xbf", "\r\n", "{}"}) {
    CAPTURE(text);
    CHECK(good(text) == Config{});
  }
}

TEST_CASE("every kind of value is read") {
  const Config config = good(
      "api: {key_file: ~/.secret, endpoint: 'ws://127.0.0.1:8765', version: v1alpha}\n"
      "default_profile: tutor\n"
      "audio:\n"
      "  capture: {device: hw:0}\n"
      "  playback:\n"
      "    device: [pipewire, default]\n"
      "    buffering: direct\n"
      "    prebuffer: 2s\n"
      "  period: 5ms\n"
      "  echo: half-duplex\n"
      "  high_pass: false\n"
      "  noise_suppression: true\n"
      "  gain_control: true\n"
      "session: {idle_timeout: 0ms, max_duration: 2h}\n"
      "log: {level: debug}\n");
  CHECK(config.api.key_file == "~/.secret");
  CHECK(config.api.endpoint == "ws://127.0.0.1:8765");
  CHECK(config.api.version == "v1alpha");
  CHECK(config.default_profile == "tutor");
  CHECK(config.audio.capture_devices == std::vector<std::string>{"hw:0"});
  CHECK(config.audio.playback_devices == std::vector<std::string>{"pipewire", "default"});
  CHECK(config.audio.buffering == gv::config::Buffering::direct);
  CHECK(config.audio.prebuffer == 2s);
  CHECK(config.audio.period == 5ms);
  CHECK(config.audio.echo == gv::config::Echo::half_duplex);
  CHECK_FALSE(config.audio.high_pass);
  CHECK(config.audio.noise_suppression);
  CHECK(config.audio.gain_control);
  CHECK(config.session.idle_timeout == 0ms);
  CHECK(config.session.max_duration == 2h);
  CHECK(config.log_level == gv::config::LogLevel::debug);
}

TEST_CASE("a profile goes over the shipped one of its name, a new one over the defaults") {
  const Config config = good(
      "profiles:\n"
      "  tutor: {voice: Kore, vad: {silence: default}}\n"
      "  kitchen:\n"
      "    language: pt-BR\n"
      "    google_search: true\n"
      "    fallback_models: [models/gemini-3.1-flash-live-preview]\n"
      "    vad: {start_sensitivity: low, prefix_padding: 20ms}\n"
      "    instructions: |\n"
      "      One.\n"
      "      Two.\n");
  gv::config::Profile tutor = gv::config::default_profiles().at("tutor");
  CHECK(tutor.vad.silence.has_value());
  tutor.voice = "Kore";
  tutor.vad.silence.reset();
  CHECK(config.profiles.at("tutor") == tutor);
  gv::config::Profile kitchen;
  kitchen.language = "pt-BR";
  kitchen.google_search = true;
  kitchen.fallback_models = {"models/gemini-3.1-flash-live-preview"};
  kitchen.vad.start_sensitivity = gv::config::Sensitivity::low;
  kitchen.vad.prefix_padding = 20ms;
  kitchen.instructions = "One.\nTwo.\n";
  CHECK(config.profiles.at("kitchen") == kitchen);
  CHECK(config.profiles.size() == 5);
}

TEST_CASE("cancel is a mistake where no canceller is built in") {
  using gv::config::Echo;
  const gv::config::Input cancel{false, {"cancel"}};
  Echo mode = Echo::automatic;
  CHECK(gv::config::echo_mode(true).parse(cancel, mode).empty());
  CHECK(mode == Echo::cancel);
  mode = Echo::automatic;
  const auto problems = gv::config::echo_mode(false).parse(cancel, mode);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message ==
        "cancellation is not built into this gemini-voiced. Try: half-duplex, or build it with "
        "-Decho_cancellation=enabled");
  CHECK(mode == Echo::automatic);
  CHECK(gv::config::echo_mode(false).parse({false, {"auto"}}, mode).empty());
  CHECK(gv::config::processing_without(true).empty());
  CHECK(gv::config::processing_without(false).find("is not built into") != std::string::npos);
}

TEST_CASE("all mistakes are told at once, in the order of the file, each with its place") {
  CHECK(said("audio:\n"
             "  perod: 20ms\n"
             "  echo: loud\n"
             "  capture:\n"
             "    device: []\n"
             "log:\n"
             "  level: debgu\n"
             "default_profile: tuter\n"
             "bogus: 1\n"
             "audio:\n"
             "  period: 7ms\n") ==
        "f.yaml:2:3: audio.perod: unknown key (did you mean period?)\n"
        "f.yaml:3:9: audio.echo: \"loud\" is not auto, cancel, half-duplex or off\n"
        "f.yaml:5:13: audio.capture.device: the list is empty; name at least one\n"
        "f.yaml:7:10: log.level: \"debgu\" is not error, warning, info or debug (did you mean "
        "debug?)\n"
        "f.yaml:8:18: default_profile: there is no profile \"tuter\", only assistant, captions, "
        "support or tutor (did you mean tutor?)\n"
        "f.yaml:9:1: bogus: unknown key\n"
        "f.yaml:10:1: audio: duplicate key, first given in line 1\n");
}

TEST_CASE("a mistake leaves the default, and the file is not ok") {
  const Result result = load("audio: {period: 1ms, prebuffer: 9}", "f.yaml");
  CHECK_FALSE(result.ok());
  CHECK(result.config == Config{});
}

TEST_CASE("one wrong value") {
  struct Row {
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"audio: {period: 20}", "1:17: audio.period: \"20\" has no unit (did you mean 20ms or 20s?)"},
      {"audio: {period: 4ms}", "1:17: audio.period: 4ms is out of range: from 5ms to 100ms"},
      {"audio: {period: 101ms}", "1:17: audio.period: 101ms is out of range: from 5ms to 100ms"},
      {"audio: {period: 010ms}",
       "1:17: audio.period: \"010ms\" is not a duration: write a whole number and its unit: ms, s, "
       "min, h or d"},
      {"audio: {period: 0x10}",
       "1:17: audio.period: \"0x10\" is not a duration: write a whole number and its unit: ms, s, "
       "min, h or d"},
      {"audio: {period: 1.5s}",
       "1:17: audio.period: \"1.5s\" is not a duration: write a whole number and its unit: ms, s, "
       "min, h or d"},
      {"audio: {period: -5ms}",
       "1:17: audio.period: \"-5ms\" is not a duration: write a whole number and its unit: ms, s, "
       "min, h or d"},
      {"audio: {period: 99999999999999999999ms}",
       "1:17: audio.period: \"99999999999999999999ms\" is not a duration: the number is too large"},
      {"session: {idle_timeout: 9000000000000000000d}",
       "1:25: session.idle_timeout: \"9000000000000000000d\" is not a duration: the number is too "
       "large"},
      {"audio: {playback: {prebuffer: 2001ms}}",
       "1:31: audio.playback.prebuffer: 2001ms is out of range: from 0ms to 2s"},
      {"session: {max_duration: 5}",
       "1:25: session.max_duration: \"5\" has no unit (did you mean 5ms or 5s?), or none"},
      {"history: {keep: 90min}", "1:17: history.keep: 90min is not a whole number of hours"},
      {"audio: {period: [20ms]}",
       "1:18: audio.period: write a whole number and its unit: ms, s, min, h or d"},
      {"audio: {period: {ms: 20}}", "1:17: audio.period: must be a value, not keys of its own"},
      {"audio: {period: }", "1:9: audio.period: has no value; remove the line to get the default"},
      {"audio: {period: ~}", "1:9: audio.period: has no value; remove the line to get the default"},
      {"audio:\nlog: {level: info}",
       "1:1: audio: nothing stands below it; indent its keys by two spaces, or remove the line"},
      {"audio: loud", "1:8: audio: must hold keys of its own, indented by two spaces below it"},
      {"audio: {high_pass: 80Hz}", "1:20: audio.high_pass: \"80Hz\" is not true or false"},
      {"audio: {echo: half_duplex}",
       "1:15: audio.echo: \"half_duplex\" is not auto, cancel, half-duplex or off (did you mean "
       "half-duplex?)"},
      {"audio: {capture: {device: ''}}",
       "1:27: audio.capture.device: the name is empty; \"default\" is the system's default device"},
      {"audio: {capture: {device: [hw:0, '']}}",
       "1:34: audio.capture.device: the name is empty; \"default\" is the system's default device"},
      {"audio: {capture: {device: \"a\\0b\"}}",
       "1:27: audio.capture.device: holds a control character"},
      {"audio: {capture: {device: [[a]]}}",
       "1:28: audio.capture.device: the items of the list must be plain values"},
      {"api: {version: v2}",
       "1:16: api.version: \"v2\" is not v1beta, v1alpha or v1 (did you mean "
       "v1?)"},
      {"api: {ca_file: certs/ca.pem}",
       "1:16: api.ca_file: \"certs/ca.pem\" is not an absolute path; begin it with / or ~/"},
      {"profiles: {a: {interruptions: yes}}",
       "1:31: profiles.a.interruptions: \"yes\" is not true or false (did you mean true?)"},
      {"profiles: {a: {interruptions: Off}}",
       "1:31: profiles.a.interruptions: \"Off\" is not true or false (did you mean false?)"},
      {"profiles: {a: {interruptions: maybe}}",
       "1:31: profiles.a.interruptions: \"maybe\" is not true or false"},
      {"profiles: {a: {model: 'a b'}}",
       "1:23: profiles.a.model: \"a b\" is not a model name, e.g. gemini-3.8-live"},
      {"profiles: {a: {model: models/}}",
       "1:23: profiles.a.model: \"models/\" is not a model name, e.g. gemini-3.8-live"},
      {"profiles: {a: {fallback_models: gemini}}",
       "1:33: profiles.a.fallback_models: write a list, e.g. [first, second]"},
      {"profiles: {a: {voice: 'Ko re'}}",
       "1:23: profiles.a.voice: \"Ko re\" is not a voice name, e.g. Kore (letters, digits, _ and "
       "-, at most 64)"},
      {"profiles: {a: {language: german}}",
       "1:26: profiles.a.language: \"german\" is not a language tag, e.g. en, de or pt-BR"},
      {"profiles: {a: {vad: {start_sensitivity: medium}}}",
       "1:41: profiles.a.vad.start_sensitivity: \"medium\" is not low or high, or default"},
      {"profiles: {a: {vad: {silense: 1s}}}",
       "1:22: profiles.a.vad.silense: unknown key (did you mean silence?)"},
      {"profiles: {a b: {}}",
       "1:12: profiles: \"a b\" is not a usable name: letters, digits, _ and -, at most 64"},
      {"profiles: {a: }",
       "1:12: profiles.a: nothing stands below it; indent its keys by two "
       "spaces, or remove the line"},
      {"profiles: {a: {voice: Kore}, a: {}}",
       "1:30: profiles.a: duplicate key, first given in line 1"},
      {"hooks: {mutet: [a]}", "1:9: hooks.mutet: unknown key (did you mean muted?)"},
      {"hooks: {muted: notify-send}", "1:16: hooks.muted: write a list, e.g. [first, second]"},
      {"usage: {daily_budget: 2.50 USD}",
       "1:23: usage.daily_budget: \"2.50 USD\" is not a number from 0.01 to 1e+05, or none"},
      {"usage: {prices: {a: {text_in: nan}}}",
       "1:31: usage.prices.a.text_in: \"nan\" is not a number from 0 to 10000"},
      {"usage: {prices: {a: {text_in: 1e3}}}",
       "1:31: usage.prices.a.text_in: \"1e3\" is not a number from 0 to 10000"},
      {"{[a]: b}", "1:2: a key must be a single word"},
      {"- a", "1:1: the file must hold keys and values, e.g. `default_profile: assistant`"},
      {"just text", "1:1: the file must hold keys and values, e.g. `default_profile: assistant`"},
      {"a: [", "2:1: not valid YAML: end of sequence flow not found"},
      {"log: {level: info}\n---\nlog: {level: info}",
       "2:1: only one YAML document is allowed in the file"},
      {"a: &x 1\nb: *x",
       "1:4: YAML anchors (&) and aliases (*) are not allowed here; write the value out, in quotes "
       "if it begins with & or *"},
      {"<<: {a: b}", "1:1: <<: unknown key"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(said(row.text) == std::string("f.yaml:") + row.expected + "\n");
  }
}

TEST_CASE("only web socket addresses without credentials and path, plain ones only to loopback") {
  for (const char* address :
       {"wss://example.org", "wss://example.org:443", "wss://[2001:db8::1]:8443", "ws://localhost",
        "ws://LOCALHOST:1", "ws://127.0.0.1:65535", "ws://127.1.2.3", "ws://[::1]:8080",
        "WSS://example.org"}) {
    CAPTURE(address);
    CHECK(good("api: {endpoint: '" + std::string(address) + "'}").api.endpoint == address);
  }
  for (const char* address : {"",
                              "example.org",
                              "https://example.org",
                              "wss://",
                              "wss://:443",
                              "wss://example.org/",
                              "wss://example.org/ws",
                              "wss://example.org?key=a",
                              "wss://example.org#a",
                              "wss://user:secret@example.org",
                              "wss://example.org:",
                              "wss://example.org:0",
                              "wss://example.org:65536",
                              "wss://example.org:1a",
                              "wss://example.org:+1",
                              "wss://a..b",
                              "wss://-a",
                              "wss://a b",
                              "wss://[::1",
                              "wss://[1.2.3.4]",
                              "wss://[::1]443",
                              "ws://example.org",
                              "ws://10.0.0.1",
                              "ws://127.evil.example",
                              "ws://127.0.0.1.evil.example",
                              "ws://localhost.evil.example",
                              "ws://128.0.0.1",
                              "ws://[::2]",
                              "ws://0.0.0.0"}) {
    CAPTURE(address);
    CHECK_FALSE(load("api: {endpoint: '" + std::string(address) + "'}", "f").ok());
  }
  CHECK(said("api:\n  endpoint: ws://10.0.0.1\n") ==
        "f.yaml:2:13: api.endpoint: plain ws:// would send the key and your voice unencrypted; it "
        "is allowed only to this machine (localhost, 127.0.0.0/8, [::1]): write wss://\n");
  CHECK(said("api:\n  endpoint: wss://user:secret@example.org\n").find("secret") ==
        std::string::npos);
}

TEST_CASE("an API key in the file is refused and never repeated") {
  const std::string key = "AIzaSyA1234567890abcdefghijklmnopqrstuv";
  const std::string newer = "AQ.Ab8RN6abcdefghijklmnopqrstuvwxyz";
  for (const std::string& secret : {key, newer, std::string("\"" + key + "\"")}) {
    for (const std::string& text :
         {"api:\n  key: " + secret, "api:\n  api_key: " + secret, "api:\n  key_file: " + secret,
          "api: " + secret, "api:\n  key_command: [echo, " + secret + "]",
          "api:\n  version: " + secret, "api:\n  " + secret + ": 1", secret + ": 1", secret,
          "gemini: " + secret, "default_profile: " + secret, "audio: {period: " + secret + "}",
          "profiles: {a: {instructions: 'my key is " + key + "'}}",
          "profiles: {" + secret + ": {}}", "api:\n  endpoint: 'wss://a?key=" + key + "'",
          "hooks: {" + secret + ": [a]}"}) {
      CAPTURE(text);
      const Result result = load(text, "f.yaml");
      CHECK_FALSE(result.ok());
      const std::string all = gv::config::format(result.diagnostics);
      CHECK(all.find(key.substr(4, 12)) == std::string::npos);
      CHECK(all.find(newer.substr(3, 12)) == std::string::npos);
    }
  }
  // No form of a key that we know: the name alone is enough.
  CHECK(said("api:\n  key: hunter2hunter2\n") ==
        "f.yaml:2:3: api.key: an API key does not belong in this file, which gets copied, backed "
        "up and shared. Put it into $GEMINI_API_KEY, the systemd credential gemini-api-key, or a "
        "file of mode 600 named by api.key_file (gemini-voicectl config set-key does that)\n");
  CHECK(said("api:\n  key_file: AIzaShort\n")
            .starts_with("f.yaml:2:13: api.key_file: an API key does not belong in this file"));
}

TEST_CASE("keys that do something say nothing of it") {
  CHECK(said("api:\n  keyring: true\n  key_command: [pass, show, gemini]\n"
             "history: {enabled: true, keep: 1d}\n"
             "notifications: true\n"
             "hooks: {muted: [a]}\n"
             "profiles: {a: {turn_taking: push-to-talk, google_search: true}}\n") == "");
  CHECK(load("history: {enabled: true}", "f").ok());
  CHECK(good("api: {keyring: false, key_command: []}\nhistory: {enabled: false, keep: 30d}\n"
             "notifications: errors\n"
             "tools: {commands: {}, mcp_servers: {}}\nhooks: {}\n") == Config{});
  CHECK_FALSE(load("api: {key_command: pass show}", "f").ok());
  CHECK_FALSE(load("tools: {commands: [a]}", "f").ok());
  CHECK_FALSE(load("history: {keep: 0h}", "f").ok());
}
