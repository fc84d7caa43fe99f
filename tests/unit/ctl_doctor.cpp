// doctor: from facts to verdicts, reasons and next steps, and to the exit code.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/doctor/network.hpp"
#include "ctl/doctor/programs.hpp"
#include "ctl/doctor/service.hpp"
#include "ctl/doctor/settings.hpp"
#include "ctl/doctor/sound.hpp"

namespace {

using namespace gv::ctl;
namespace config = gv::config;

const Finding& find(const Findings& findings, std::string_view about) {
  static const Finding none{"nothing of that name", Verdict::bad, "", "", {}};
  for (const Finding& finding : findings) {
    if (finding.about == about) return finding;
  }
  return none;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::int64_t now = 1'790'000'000;

NetworkFacts network(std::string_view lines) {
  NetworkFacts facts;
  facts.host = "service.example";
  facts.now = now;
  read_steps(lines, facts);
  return facts;
}

const std::string reached = R"({"step":"resolve","ok":true,"ms":3,"addresses":["192.0.2.1"]})"
                            "\n"
                            R"({"step":"connect","ok":true,"ms":9,"address":"192.0.2.1"})"
                            "\n"
                            R"({"step":"tls","ok":true,"ms":30,"protocol":"TLSv1.3"})"
                            "\n";
const std::string opened = R"({"step":"upgrade","ok":true,"ms":40})"
                           "\n";
const std::string lists_all =
    R"({"step":"listing","ok":true,"status":200,"server_time":1790000001,"models":)"
    R"(["gemini-3.8-live","gemini-3.1-flash-live-preview"]})"
    "\n";

}  // namespace

TEST_CASE("what is to be mended first decides on the exit code") {
  const auto bad = [](Exit exit) { return Finding{"x", Verdict::bad, "", "", {}, exit}; };
  CHECK(worst({}) == Exit::done);
  CHECK(worst({{"x", Verdict::doubtful, "", "", {}, Exit::key}, skipped("y", "z")}) == Exit::done);
  CHECK(worst({bad(Exit::failed)}) == Exit::failed);
  CHECK(worst({bad(Exit::failed), bad(Exit::no_daemon)}) == Exit::no_daemon);
  CHECK(worst({bad(Exit::no_daemon), bad(Exit::device)}) == Exit::device);
  CHECK(worst({bad(Exit::device), bad(Exit::key)}) == Exit::key);
  CHECK(worst({bad(Exit::key), bad(Exit::config_invalid)}) == Exit::config_invalid);
}

TEST_CASE("JSON has the same four members for every finding") {
  const auto object = to_json(skipped("clock", "of that"));
  CHECK(object.at("check") == "clock");
  CHECK(object.at("verdict") == "skipped");
  CHECK(object.at("reason") == "not checked, because of that");
  CHECK(object.at("next") == "");
}

TEST_CASE("network: all is well") {
  const Findings findings =
      judge_network(network(reached + lists_all + opened), "", config::Config{});
  for (const Finding& finding : findings) {
    INFO(finding.about << ": " << finding.text);
    CHECK((finding.verdict == Verdict::good || finding.about == "models"));
  }
  CHECK(find(findings, "WebSocket").verdict == Verdict::good);
  CHECK(find(findings, "models").values.contains("found"));
  CHECK(worst(findings) == Exit::done);
}

TEST_CASE("network: what an earlier step makes moot is not checked, and says why") {
  Findings findings = judge_network(
      network(R"({"step":"resolve","ok":false,"error":"Host not found"})"), "", config::Config{});
  CHECK(find(findings, "name lookup").verdict == Verdict::bad);
  CHECK(findings.size() == 7);
  for (std::size_t i = 1; i < findings.size(); ++i)
    CHECK(findings[i].verdict == Verdict::skipped);
  CHECK(worst(findings) == Exit::failed);

  NetworkFacts facts = network(
      "{\"step\":\"resolve\",\"ok\":true,\"addresses\":[]}\n"
      "{\"step\":\"connect\",\"ok\":false,\"error\":\"Connection refused\"}");
  facts.proxy = true;
  findings = judge_network(facts, "", config::Config{});
  CHECK(find(findings, "connection").verdict == Verdict::bad);
  CHECK(has(find(findings, "connection").advice, "proxy"));
  CHECK(find(findings, "WebSocket").verdict == Verdict::skipped);
}

TEST_CASE("network: a step that has not come back is what took too long") {
  const Findings findings = judge_network(
      network("{\"step\":\"resolve\",\"ok\":true,\"addresses\":[]}\n"), "", config::Config{});
  CHECK(find(findings, "connection").verdict == Verdict::bad);
  CHECK(has(find(findings, "connection").text, "too long"));
}

TEST_CASE("network: a clock that is off is told, and more so where it costs the certificate") {
  std::string listed = lists_all;
  listed.replace(listed.find("1790000001"), 10, "1789990000");
  Findings findings = judge_network(network(reached + listed + opened), "", config::Config{});
  CHECK(find(findings, "clock").verdict == Verdict::doubtful);
  CHECK(has(find(findings, "clock").text, "2 hours ahead"));

  findings = judge_network(
      network(R"({"step":"resolve","ok":true,"addresses":[]})"
              "\n"
              R"({"step":"connect","ok":true,"address":"192.0.2.1"})"
              "\n"
              R"({"step":"tls","ok":false,"error":"its certificate was refused: certificate is )"
              R"(not yet valid","about_time":true,"server_time":1799000000})"),
      "", config::Config{});
  CHECK(find(findings, "TLS").verdict == Verdict::bad);
  CHECK(has(find(findings, "TLS").advice, "clock"));
  CHECK(find(findings, "clock").verdict == Verdict::bad);
  CHECK(has(find(findings, "clock").text, "104 days behind"));
  CHECK(find(findings, "key accepted").verdict == Verdict::skipped);
}

TEST_CASE("network: a certificate that is refused with an authority of one's own, and without") {
  const std::string refused =
      "{\"step\":\"resolve\",\"ok\":true,\"addresses\":[]}\n"
      "{\"step\":\"connect\",\"ok\":true,\"address\":\"192.0.2.1\"}\n"
      "{\"step\":\"tls\",\"ok\":false,\"error\":\"self-signed certificate\"}\n";
  NetworkFacts facts = network(refused);
  CHECK(has(find(judge_network(facts, "", {}), "TLS").advice, "proxy"));
  facts.own_authority = true;
  CHECK(has(find(judge_network(facts, "", {}), "TLS").advice, "without api.ca_file"));
}

TEST_CASE("network: a key that is refused, one without quota, and none") {
  Findings findings = judge_network(
      network(reached +
              R"({"step":"listing","ok":false,"status":400,"refused":true,"error":"not valid"})"
              "\n" +
              opened),
      "", config::Config{});
  CHECK(find(findings, "key accepted").verdict == Verdict::bad);
  CHECK(find(findings, "models").verdict == Verdict::skipped);
  CHECK(worst(findings) == Exit::key);

  findings = judge_network(
      network(reached +
              R"({"step":"listing","ok":false,"status":429,"refused":false,"error":"quota"})"
              "\n" +
              opened),
      "", config::Config{});
  CHECK(find(findings, "key accepted").verdict == Verdict::doubtful);
  CHECK(worst(findings) == Exit::done);

  findings = judge_network(network(reached + opened), "there is no key", config::Config{});
  CHECK(find(findings, "key accepted").verdict == Verdict::skipped);
  CHECK(has(find(findings, "models").text, "there is no key"));
  CHECK(find(findings, "WebSocket").verdict == Verdict::good);
}

TEST_CASE("network: models that the service does not list") {
  config::Config configuration;
  configuration.profiles.clear();
  config::Profile profile;
  profile.model = "gone";
  configuration.profiles["one"] = profile;
  configuration.profiles["two"] = profile;
  const NetworkFacts facts = network(reached + lists_all + opened);
  Findings findings = judge_network(facts, "", configuration);
  CHECK(find(findings, "models").verdict == Verdict::bad);
  CHECK(has(find(findings, "models").text, "one, two"));
  CHECK(has(find(findings, "models").advice, "gemini-3.8-live"));
  CHECK(worst(findings) == Exit::failed);

  for (auto& [name, one] : configuration.profiles)
    one.fallback_models = {"gemini-3.8-live"};
  findings = judge_network(facts, "", configuration);
  CHECK(find(findings, "models").verdict == Verdict::doubtful);
  CHECK(worst(findings) == Exit::done);
}

TEST_CASE("configuration: every mistake is a finding, and a valid one says where it is") {
  Settings settings;
  CHECK(judge_settings(settings)[0].verdict == Verdict::good);
  settings.file = "c.yaml";
  settings.loaded.diagnostics = {{"c.yaml", 1, 2, "audio.period", "out of range"},
                                 {"c.yaml", 3, 2, "", "unknown key"},
                                 {"c.yaml", 4, 2, "", "odd", config::Severity::warning}};
  Findings findings = judge_settings(settings);
  CHECK(findings.size() == 3);
  CHECK(findings[2].verdict == Verdict::doubtful);
  CHECK(worst(findings) == Exit::config_invalid);
  settings.loaded.diagnostics.erase(settings.loaded.diagnostics.begin(),
                                    settings.loaded.diagnostics.begin() + 2);
  findings = judge_settings(settings);
  CHECK(worst(findings) == Exit::done);
  CHECK(findings[0].text == "c.yaml: valid, with 1 warning");
}

TEST_CASE("key: found, absent, the terminal's alone, and the daemon's alone") {
  KeyFacts facts;
  facts.failure = "no API key was found. Try: get one";
  CHECK(judge_key(facts).verdict == Verdict::bad);
  CHECK(judge_key(facts).exit == Exit::key);
  CHECK(judge_key(facts).text == "no API key was found");
  CHECK(judge_key(facts).advice == "get one");
  CHECK(facts.why_not() == "there is no key");

  facts.found = true;
  facts.source = "$GEMINI_API_KEY";
  CHECK(judge_key(facts).verdict == Verdict::good);
  CHECK(facts.why_not().empty());
  facts.variable_in_manager = true;
  CHECK(judge_key(facts).verdict == Verdict::good);
  facts.variable_in_manager = false;
  CHECK(judge_key(facts).verdict == Verdict::doubtful);

  facts.credential_in_unit = true;
  CHECK(judge_key(facts).verdict == Verdict::skipped);
  CHECK(has(judge_key(facts).text, "only the daemon can see it"));
  CHECK(facts.why_not() == "only the daemon can see the key");
}

TEST_CASE("a unit's credential is ours where it has our name") {
  CHECK(gives_credential("[Service]\nLoadCredential=gemini-api-key:/x\n"));
  CHECK(gives_credential("  SetCredentialEncrypted= gemini-api-key: \\\n  abc"));
  CHECK(gives_credential("ImportCredential=gemini-api-key"));
  CHECK(gives_credential("ImportCredential=gemini-*"));
  CHECK(gives_credential("ImportCredential=gemini-ap[hi]-ke?\n"));
  CHECK(gives_credential("ImportCredential=google.key:gemini-api-key\n"));
  CHECK(gives_credential("ImportCredential=google.*:gemini-"));
  CHECK_FALSE(gives_credential("ImportCredential=gemini-api-key:google.key"));
  CHECK_FALSE(gives_credential("ImportCredential=google-*"));
  CHECK_FALSE(gives_credential("LoadCredential=gemini-*:/x"));
  CHECK_FALSE(gives_credential("#LoadCredential=gemini-api-key:/x\n"));
  CHECK_FALSE(gives_credential("LoadCredential=gemini-api-key-2:/x\n"));
  CHECK_FALSE(gives_credential(""));
}

TEST_CASE("bus: none; nobody there; somebody of another version; one that is silent") {
  BusFacts facts;
  facts.error = "Connection refused";
  Findings findings = judge_bus(facts, "1.0");
  CHECK(worst(findings) == Exit::no_daemon);
  CHECK(find(findings, "daemon").verdict == Verdict::skipped);
  CHECK(find(judge_desktop(facts), "portal").verdict == Verdict::skipped);

  facts = {};
  findings = judge_bus(facts, "1.0");
  CHECK(worst(findings) == Exit::no_daemon);
  CHECK(has(find(findings, "daemon").text, "org.geminivoice.Voice1.service"));
  facts.activation = "/usr/share/dbus-1/services/x.service";
  CHECK(has(judge_bus(facts, "1.0")[1].text, facts.activation));
  facts.activatable = true;
  CHECK(worst(judge_bus(facts, "1.0")) == Exit::done);

  facts.owned = true;
  facts.owner = 77;
  facts.program = "/usr/bin/gemini-voiced";
  facts.state = "idle";
  facts.version = "1.0";
  findings = judge_bus(facts, "1.0");
  CHECK(has(find(findings, "daemon").text, "77 (/usr/bin/gemini-voiced), state: idle"));
  CHECK(find(findings, "version").verdict == Verdict::good);
  facts.version = "0.9";
  findings = judge_bus(facts, "1.0");
  CHECK(find(findings, "version").verdict == Verdict::doubtful);
  CHECK(has(find(findings, "version").text, "0.9"));
  CHECK(has(find(findings, "version").advice, "restart"));
  facts.silence = "timed out";
  findings = judge_bus(facts, "1.0");
  CHECK(worst(findings) == Exit::no_daemon);
  CHECK(find(findings, "version").verdict == Verdict::skipped);
}

TEST_CASE("unit: no systemd, none for this user, not installed, failed, and well") {
  UnitFacts facts;
  CHECK(judge_unit(facts)[0].verdict == Verdict::skipped);
  facts.systemd = true;
  facts.error = "Failed to connect to bus";
  CHECK(judge_unit(facts)[0].verdict == Verdict::doubtful);
  facts.error.clear();
  facts.shown = read_properties("LoadState=not-found\nActiveState=inactive\n");
  CHECK(has(judge_unit(facts)[0].advice, "daemon-reload"));
  facts.shown["LoadState"] = "masked";
  CHECK(judge_unit(facts)[0].advice == "systemctl --user unmask gemini-voiced");
  for (const char* state : {"bad-setting", "error"}) {
    facts.shown["LoadState"] = state;
    CHECK(has(judge_unit(facts)[0].advice, "systemctl --user status gemini-voiced"));
  }
  facts.shown = read_properties(
      "LoadState=loaded\nActiveState=failed\nResult=exit-code\nExecMainStatus=6\n"
      "UnitFileState=enabled\nExtra=a=b\n");
  CHECK(facts.shown["Extra"] == "a=b");
  facts.last_line = "config: audio.period: out of range";
  Findings findings = judge_unit(facts);
  CHECK(worst(findings) == Exit::no_daemon);
  CHECK(has(findings[0].text, "exit-code 6"));
  CHECK(has(findings[0].text, facts.last_line));
  CHECK(findings[0].advice == "gemini-voicectl config check");
  facts.shown["ActiveState"] = "active";
  findings = judge_unit(facts);
  CHECK(worst(findings) == Exit::done);
  CHECK(has(find(findings, "lingering").text, "off"));
}

TEST_CASE("sound: without XDG_RUNTIME_DIR an error of a device is no word on the hardware") {
  config::Audio wanted;
  SoundFacts facts;
  facts.runtime = SoundFacts::RuntimeFolder::unset;
  facts.capture.failure = "'default': Input/output error";
  facts.playback.failure = "'default': Input/output error";
  const Findings findings = judge_sound(facts, wanted);
  CHECK(find(findings, "runtime dir").verdict == Verdict::doubtful);
  CHECK(has(find(findings, "runtime dir").text, "input/output error"));
  CHECK(has(find(findings, "microphone").text, "little about the hardware"));
  CHECK(worst(findings) == Exit::device);
}

TEST_CASE("sound: a server without ALSA's way to it, a second choice, a busy one, no answer") {
  config::Audio wanted;
  SoundFacts facts;
  facts.pipewire = facts.pulse = true;
  facts.not_tried = "a conversation is going on";
  Findings findings = judge_sound(facts, wanted);
  CHECK(has(find(findings, "ALSA plug-ins").advice, "pipewire-alsa"));
  CHECK(find(findings, "microphone").verdict == Verdict::skipped);
  CHECK(worst(findings) == Exit::done);

  facts.pulse_plugin = true;
  facts.not_tried.clear();
  wanted.capture_devices = {"hw:Gone", "default"};
  facts.capture.info.emplace();
  facts.capture.info->device = "default";
  facts.capture.info->rate = 48000;
  findings = judge_sound(facts, wanted);
  CHECK(find(findings, "ALSA plug-ins").verdict == Verdict::good);
  CHECK(find(findings, "microphone").verdict == Verdict::doubtful);
  CHECK(has(find(findings, "microphone").text, "hw:Gone"));
  CHECK(find(findings, "speaker").verdict == Verdict::bad);
  CHECK(has(find(findings, "speaker").text, "in time"));
}

TEST_CASE("programs: those of the configuration, and ours") {
  config::Config configuration;
  configuration.tools.commands["volume"].child.argv = {"wpctl", "x"};
  configuration.tools.mcp_servers["web"].url = "https://x";
  configuration.hooks.argv[0] = {"/bin/sh"};
  std::vector<NamedProgram> programs = named_programs(configuration);
  REQUIRE(programs.size() == 2);
  CHECK(programs[0].key == "tools.commands.volume");
  CHECK(can_run("/bin/sh", ""));
  CHECK(can_run("sh", "/nowhere:/bin"));
  CHECK_FALSE(can_run("sh", "/nowhere"));
  CHECK_FALSE(can_run("/etc/passwd", ""));
  CHECK_FALSE(can_run("", "/bin"));
  programs.push_back({"", "/libexec/gemini-voice-probe", false});
  Findings findings = judge_programs(programs);
  CHECK(has(find(findings, "tools").text, "volume: there is no program 'wpctl' in $PATH"));
  CHECK(has(findings[1].text, ": there is no program '/bin/sh'"));
  CHECK_FALSE(has(findings[1].text, "PATH"));
  CHECK(find(findings, "tools").verdict == Verdict::doubtful);
  CHECK(find(findings, "programs").verdict == Verdict::bad);
  for (NamedProgram& one : programs)
    one.found = true;
  CHECK(judge_programs(programs).size() == 2);
  CHECK(worst(judge_programs(programs)) == Exit::done);
}
