// A bug report's text: what must not leave the machine does not, and what is of use stays.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/doctor/bundle.hpp"
#include "ctl/doctor/programs.hpp"
#include "daemon/config/dump.hpp"

namespace {

using namespace gv::ctl;
namespace config = gv::config;

constexpr const char* key = "test-key-0123456789";
const Redactor redact({"/home/alice", "alice", "Alice Example", "wonder.example.net"}, {key});

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("keys, wherever they stand") {
  CHECK(redact(std::string("the key is ") + key + "!") == "the key is [key]!");
  CHECK_FALSE(has(redact("cut: test-key-01"), "test-key"));
  CHECK_FALSE(has(redact("x AIzaSyA1234567890abcdefghijklmnopqrstuv y"), "SyA123"));
  CHECK_FALSE(has(redact("key AQ.Ab8RN6Labcdefghijklmn-_x"), "Ab8RN6L"));
  CHECK_FALSE(has(redact("/v1beta/models?pageSize=1&key=shortone"), "shortone"));
  CHECK_FALSE(has(redact("GEMINI_API_KEY=hunter2hunter2"), "hunter2"));
  CHECK_FALSE(has(redact("x-goog-api-key: hunter2"), "hunter2"));
  CHECK_FALSE(has(redact(R"({"apiKey": "hun ter2"})"), "ter2"));
}

TEST_CASE("tokens, handles, and what looks like one") {
  CHECK_FALSE(has(redact("Authorization: Bearer abc.def-ghi"), "abc.def"));
  CHECK_FALSE(has(redact("said bearer abcd1234"), "abcd1234"));
  CHECK_FALSE(has(redact("Token auth_tokens/5f3a"), "5f3a"));
  CHECK_FALSE(has(redact("ya29.a0AfH6SMB"), "a0AfH6"));
  CHECK_FALSE(has(redact("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), "c2ln"));
  CHECK_FALSE(has(redact("sk-proj-abcdefghijklmnop"), "abcdefgh"));
  CHECK_FALSE(has(redact("ghp_abcdefghijklmnop1234"), "abcdefgh"));
  CHECK_FALSE(has(redact("handle CiQxNzY1Ymk3OWQzLTk4ZjMtNGQ1Yy1hMTBm"), "CiQxNz"));
  CHECK_FALSE(has(redact("resumption_handle=abc"), "abc"));
  CHECK_FALSE(has(redact("handle: " + std::string(200, 'A')), "AAAA"));
  CHECK_FALSE(has(redact("x " + std::string(200, 'A')), "AAAA"));
  CHECK_FALSE(has(redact("session 7f9c24e8-3b1a-4c5d-8e2f-a1b2c3d4e5f6"), "7f9c24e8"));
  CHECK_FALSE(has(redact("password: hunter2"), "hunter2"));
  CHECK_FALSE(has(redact("https://alice:hunter2@example.org/"), "hunter2"));
}

TEST_CASE("people and machines") {
  CHECK(redact("mail to a.b+c@example.co.uk now") == "mail to [mail address] now");
  CHECK(redact("/home/alice/.config/x and /home/bob/y") == "~/.config/x and /home/USER/y");
  CHECK(redact("user alice, ALICE and Alice Example") == "user USER, USER and USER");
  CHECK(redact("malice stays") == "malice stays");
  CHECK(redact("on wonder.example.net or wonder: x") == "on HOST or HOST: x");
  CHECK(redact("from 192.168.1.20, not 127.0.0.1") == "from [address], not 127.0.0.1");
  CHECK_FALSE(has(redact("from 2001:db8:1:2::3"), "db8"));
  CHECK_FALSE(has(redact("from fe80::1ff:fe23:4567:890a"), "1ff"));
  CHECK(redact("device: \"pulse:bluez_input.AC_12_34_56_78_9A\"") ==
        "device: \"pulse:bluez_input.[address]\"");
  CHECK(redact("bluez_output.aa_bb_cc_dd_ee_ff.1 AC-12-34-56-78-9A") ==
        "bluez_output.[address].1 [address]");
  CHECK(redact("/org/bluez/hci0/dev_AC_12_34_56_78_9A/sep1 bluez_card.AC_12_34_56_78_9A_x") ==
        "/org/bluez/hci0/dev_[address]/sep1 bluez_card.[address]_x");
  CHECK(redact("bluealsa:DEV=AC:12:34:56:78:9A,PROFILE=sco") ==
        "bluealsa:DEV=[address],PROFILE=sco");
}

TEST_CASE("units: values and credentials go, names stay") {
  const auto becomes = [](const char* unit, const std::string& redacted) {
    INFO(unit);
    CHECK(redacted_unit(unit) == redacted + "\n");
  };
  becomes("Environment=GEMINI_API_KEY=abc\n", "Environment=GEMINI_API_KEY=[hidden]");
  becomes("Environment=\"LANG=de DE\" B=c", "Environment=LANG=[hidden] B=[hidden]");
  becomes("Environment='SMTP_PW=hunter2 x'", "Environment=SMTP_PW=[hidden]");
  becomes("Environment=\"A=x\\\" B=y\" hunter2", "Environment=A=[hidden] [hidden]");
  becomes("Environment=FOO=1 \\\n# hunter4\n  DB_PW=hunter3",
          "Environment=FOO=[hidden] DB_PW=[hidden]");
  becomes("Environment=FOO=1 \\\r\n  Pw=hunter3\r\n", "Environment=FOO=[hidden] Pw=[hidden]");
  becomes("Description=x\\\\\nEnvironment=PW=x", "Description=x\\\\\nEnvironment=PW=[hidden]");
  becomes("  DB_PW=hunter3", "DB_PW=[hidden]");  // the \ before it was forgotten
  becomes("  \"DB PW=hunter3\"", "[hidden]");
  becomes("Enviroment=PW=hunter3", "Enviroment=PW=[hidden]");
  becomes("environment = PW=hunter3", "environment=PW=[hidden]");
  becomes("UnsetEnvironment=LANG PW=hunter3", "UnsetEnvironment=LANG PW=[hidden]");
  becomes("ConditionEnvironment=PW=hunter3", "ConditionEnvironment=PW=[hidden]");
  becomes("EnvironmentFile=-/opt/secret", "EnvironmentFile=[hidden]");
  becomes("X-Password=hunter3", "X-Password=[hidden]");
  becomes("ExecStartPre=/bin/sh -c 'export DB_PW=hunter2'", "ExecStartPre=sh [hidden]");
  becomes("ExecStart=-\"/opt/a b/c d\"", "ExecStart=-c d");
  becomes("ExecStart=\nExecStart=/usr/bin/gemini-voiced", "ExecStart=\nExecStart=gemini-voiced");
  becomes("ExecReload=DB_PW=hunter2 /bin/x", "ExecReload=[hidden] [hidden]");
  becomes("LoadCredential=gemini-api-key:/x/y", "LoadCredential=gemini-api-key:[hidden]");
  becomes("SetCredential=gemini-api-key: abc", "SetCredential=gemini-api-key:[hidden]");
  becomes("SetCredential=gemini-api-key: \\\n  hunter2 \\\n  hunter3",
          "SetCredential=gemini-api-key:[hidden]");
  becomes("SetCredential=hunter2", "SetCredential=[hidden]");
  becomes("ImportCredential=gemini-*", "ImportCredential=gemini-*");
  becomes("[Service]\n#Environment=PW=x\n\n ; hunter2\nRestrictAddressFamilies=AF_UNIX AF_INET\n",
          "[Service]\nRestrictAddressFamilies=AF_UNIX AF_INET");
  CHECK(redacted_unit("").empty());
  CHECK(redact("x.conf:3: Invalid environment assignment, ignoring: PW=x y\nz") ==
        "x.conf:3: Invalid environment assignment, ignoring: [hidden]\nz");
}

TEST_CASE("what a maintainer needs stays") {
  for (const char* kept :
       {"alsa_input.usb-Blue_Microphones_Yeti_Stereo_Microphone_REV8-00.analog-stereo",
        "alsa_output.pci-0000_00_1f.3.analog-stereo",
        "/usr/lib/x86_64-linux-gnu/alsa-lib/libasound_module_pcm_pipewire.so",
        "Linux 6.1.0-18-amd64 x86_64", "2026-11-28T21:33:08+0000", "gemini-3.8-live",
        "gemini-3.1-flash-live-preview", "wss://generativelanguage.googleapis.com",
        "org.freedesktop.DBus.Error.NoReply", "@DEFAULT_AUDIO_SINK@", "audio.capture.device",
        "mic_to_wire_us_p50 12345", "key_file: \"[set]\"", "at 21:33:08"}) {
    CHECK(redact(kept) == kept);
  }
}

TEST_CASE("the configuration: sizes for what was written, names for what is run") {
  config::Config configuration;
  config::Profile& profile = configuration.profiles["assistant"];
  profile.instructions = "You know of the surprise party.";
  profile.greeting = "Hello Bob";
  profile.escalation_words = {"lawyer"};
  profile.tools = {"volume"};
  configuration.api.key_file = "/home/alice/secret-place";
  configuration.api.key_command = {"/usr/bin/pass", "show", "gemini"};
  auto& tool = configuration.tools.commands["volume"];
  tool.description = "the surprise";
  tool.child.argv = {"/home/alice/bin/volume", "--to", "{percent}"};
  tool.child.environment = {"DISPLAY", "SECRET=value"};
  auto& server = configuration.tools.mcp_servers["web"];
  server.url = "https://internal.example/mcp/abc";
  server.token_file = "/home/alice/token";
  configuration.hooks.argv[0] = {"/home/alice/hook", "x"};
  configuration.audio.capture_devices = {"hw:Yeti,0"};
  const std::string text = config::dump(redacted(configuration));
  for (const char* gone : {"surprise", "Bob", "lawyer", "secret-place", "alice", "internal",
                           "SECRET=value", "value\"", "{percent}", "gemini]"}) {
    INFO(gone);
    CHECK_FALSE(has(text, gone));
  }
  for (const char* kept : {"hw:Yeti,0", "volume", "pass", "[31 bytes]", "SECRET", "2 more"}) {
    INFO(kept);
    CHECK(has(text, kept));
  }
}

TEST_CASE("the whole text is redacted, and says what is not in it") {
  Settings settings;
  BundleFacts facts;
  facts.settings = &settings;
  facts.versions = {{"kernel", "Linux 6.1 on wonder"}, {"portal", ""}};
  facts.findings = {{"key", Verdict::good, std::string("from ") + key, "", {}}};
  facts.log.text = std::string("Nov 28 wonder gemini-voiced: ") + key + " /home/alice/x\n";
  const std::string text = bundle_text(facts, redact);
  CHECK_FALSE(has(text, key));
  CHECK_FALSE(has(text, "wonder"));
  CHECK_FALSE(has(text, "alice"));
  CHECK(has(text, "portal: not found"));
  CHECK(has(text, "or does not run."));
  CHECK(has(text, "## Configuration"));
  facts.unit = {{"/home/alice/x.conf", "Environment='PW=hunter2 x'\n"}};
  CHECK(has(bundle_text(facts, redact), "# ~/x.conf\nEnvironment=PW=[hidden]\n"));
  settings.file = "x";
  settings.loaded.diagnostics = {{"x", 1, 1, "", "odd"}};
  CHECK(has(bundle_text(facts, redact), "Left out, because it has mistakes"));
}

TEST_CASE("findings and log give nothing back of what the configuration's part leaves out") {
  Settings settings;
  settings.file = "/x/c.yaml";
  config::Config& written = settings.loaded.config;
  written.api.key_file = "~/secret-place";
  written.api.key_command = {"/home/alice/askpass", "x"};
  written.tools.commands["mail"].child.argv = {"/opt/secret/mailer"};
  written.tools.commands["shell"].child.argv = {"/bin/sh"};
  written.tools.mcp_servers["web"].url = "https://internal.example/mcp";
  BundleFacts facts;
  facts.settings = &settings;
  facts.findings = judge_programs(named_programs(written));
  facts.findings.push_back(
      {"key", Verdict::good, "from the key file /home/alice/secret-place", "", {}});
  facts.findings.push_back({"unit",
                            Verdict::bad,
                            "has failed: config: /x/c.yaml:1:2: approval: \"hunter4\" is not ask",
                            "",
                            {}});
  facts.log.text =
      "gemini-voiced[1]: key: the command ~/askpass (api.key_command) ended with status 1\n"
      "gemini-voiced[1]: tools: https://internal.example/mcp: refused; /usr/bin/sh stays\n"
      "gemini-voiced[1]: config: /x/c.yaml:1:2: m: \"some \"hunter5\" here\" is not a name\n"
      "gemini-voicectl[2]: reload: /x/c.yaml:1:2: m: \"hunter6\" is not a name; the old stays\n"
      "gemini-voiced[1]: the service says \"quota\"";
  std::string text = bundle_text(facts, redact);
  INFO(text);
  for (const char* gone : {"opt/secret", "~/askpass", "secret-place", "internal", "hunter"})
    CHECK_MESSAGE(!has(text, gone), gone);
  CHECK(has(text, "tools.commands.mail: there is no program 'mailer'\n"));
  CHECK(has(text, "the command askpass (api.key_command) ended with status 1"));
  CHECK(has(text, "c.yaml:1:2: m: \"[hidden]\" is not a name; the old stays\n"));
  CHECK(has(text, "/usr/bin/sh stays"));
  CHECK(has(text, "the service says \"quota\""));

  settings.loaded.diagnostics = {
      {"/x/c.yaml", 1, 1, "profiles.a.model", "\"private model words here\" is not a model name"},
      {"/x/c.yaml", 2, 1, "api.key_file", "\"relative/secret-folder\" is not an absolute path"}};
  facts.findings = judge_settings(settings);
  text = bundle_text(facts, redact);
  CHECK(has(text, "/x/c.yaml:1:1: profiles.a.model: \"[hidden]\" is not a model name\n"));
  CHECK_FALSE(has(text, "private"));
  CHECK_FALSE(has(text, "secret-folder"));
}
