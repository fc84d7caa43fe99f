// gemini-voicectl doctor against the service's stand-in: all is well, and one thing after the other
// that is not.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <map>
#include <sstream>

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/daemon.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/sim.hpp"
#include "tests/e2e/support/sockets.hpp"

using namespace gv::e2e;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Clinic {
  explicit Clinic(const std::vector<std::string>& sim_options = {})
      : authority(dir.name()), sim(authority.issue(CertificateKind::good), sim_options) {
    options.endpoint = sim.endpoint();
    options.ca_file = authority.file().string();
    environment = bed->environment();
    environment["DBUS_SESSION_BUS_ADDRESS"] = bus.address();
    environment["GEMINI_VOICE_CONFIG"] = (dir / "config.yaml").string();
    environment["GEMINI_API_KEY"] = test_key;
    environment["GOOGLE_API_KEY"] = "";
    environment["GV_LIBEXEC_DIR"] = programs::libexec();
  }

  Result doctor(const std::vector<std::string>& words) {
    write_file(dir / "config.yaml", config_text(*bed, options));
    std::vector<std::string> all{programs::ctl(), "doctor"};
    all.insert(all.end(), words.begin(), words.end());
    return run(all, environment, milliseconds(60'000));
  }

  // What it found of each, and its exit code.
  int examine() {
    const Result result = doctor({"--json"});
    CHECK_MESSAGE(result.errors.empty(), result.errors);
    CHECK_FALSE(has(result.output, environment["GEMINI_API_KEY"]));
    found.clear();
    std::istringstream lines(result.output);
    for (std::string line; std::getline(lines, line);) {
      json::object one = json::parse(line).as_object();
      for (const char* member : {"check", "verdict", "reason", "next"})
        CHECK(one.contains(member));
      found[std::string(one.at("check").as_string())] = std::move(one);
    }
    return result.status;
  }
  std::string verdict(const std::string& check) { return member(check, "verdict"); }
  std::string reason(const std::string& check) { return member(check, "reason"); }

  TempDir dir;
  std::unique_ptr<Bed> bed = make_bed(48000);
  SessionBus bus;
  Authority authority;
  Sim sim;
  DaemonOptions options;
  Environment environment;
  std::map<std::string, json::object> found;

 private:
  std::string member(const std::string& check, const char* name) {
    const auto one = found.find(check);
    return one == found.end() ? "(no such check)" : std::string(one->second.at(name).as_string());
  }
};

}  // namespace

TEST_CASE("all is well, with the daemon running, which is left as it was") {
  Clinic clinic;
  const Daemon daemon(clinic.bus, *clinic.bed, clinic.options);
  const int status = clinic.examine();
  CHECK(status == 0);
  for (const char* check :
       {"configuration", "name lookup", "connection", "TLS", "clock", "key accepted", "WebSocket",
        "sound server", "ALSA plug-ins", "microphone", "speaker", "session bus", "daemon",
        "version", "programs", "tools"}) {
    CHECK_MESSAGE(clinic.verdict(check) == "ok", check, ": ", clinic.reason(check));
  }
  CHECK(has(clinic.reason("daemon"), "idle"));
  CHECK(has(clinic.reason("key"), "$GEMINI_API_KEY"));
  CHECK(clinic.sim.count("listing") == 1);
  CHECK(clinic.sim.count("setup") == 0);  // no session
}

TEST_CASE("a bad key, and a key without quota") {
  {
    Clinic clinic;
    clinic.bus.make_activatable("org.geminivoice.Voice1", "/bin/false");
    clinic.environment["GEMINI_API_KEY"] = "bad-key-0123456789";
    CHECK(clinic.examine() == 7);
    CHECK(clinic.verdict("key accepted") == "failed");
    CHECK(has(clinic.reason("key accepted"), "API key not valid"));
    CHECK(clinic.verdict("models") == "skipped");
    clinic.environment["GEMINI_API_KEY"] = "";
    CHECK(clinic.doctor({}).status == 7);
  }
  Clinic clinic({"--listing-quota"});
  clinic.bus.make_activatable("org.geminivoice.Voice1", "/bin/false");
  CHECK(clinic.examine() == 0);
  CHECK(clinic.verdict("key accepted") == "warning");
}

TEST_CASE("the service cannot be trusted, reached or found; a model is not there") {
  Clinic clinic;
  const path other = clinic.dir / "other";
  std::filesystem::create_directory(other);
  const path file = clinic.dir / "started";
  clinic.bus.make_activatable("org.geminivoice.Voice1", "/usr/bin/touch " + file.string());
  clinic.options.ca_file = Authority(other).file().string();
  CHECK(clinic.examine() == 1);
  CHECK(clinic.verdict("TLS") == "failed");
  CHECK(has(clinic.reason("TLS"), "certificate"));
  CHECK(clinic.verdict("key accepted") == "skipped");

  clinic.options.ca_file = clinic.authority.file().string();
  const std::string good = clinic.options.endpoint;
  clinic.options.endpoint = "wss://" + Sim::host() + ":" + std::to_string(free_port());
  CHECK(clinic.examine() == 1);
  CHECK(clinic.verdict("connection") == "failed");
  CHECK(clinic.verdict("WebSocket") == "skipped");

  clinic.options.endpoint = "wss://no-such-service.invalid";
  CHECK(clinic.examine() == 1);
  CHECK(clinic.verdict("name lookup") == "failed");
  CHECK(clinic.verdict("connection") == "skipped");

  clinic.options.endpoint = good;
  clinic.options.more = "profiles: {assistant: {model: gemini-none}}\n";
  CHECK(clinic.examine() == 1);
  CHECK(has(json::serialize(clinic.found["models"]), "models"));
  const Result text = clinic.doctor({});
  CHECK(has(text.output, "does not list gemini-none"));
  CHECK(clinic.verdict("daemon") == "ok");     // activatable,
  CHECK_FALSE(std::filesystem::exists(file));  // and not activated
}

TEST_CASE("whom the key has to be asked of is told, and what is known by then") {
  Clinic clinic;
  clinic.environment["GEMINI_API_KEY"] = "";
  // A pass phrase that somebody is asked for: the program waits for who opens the other end.
  const path question = clinic.dir / "question";
  REQUIRE(::mkfifo(question.c_str(), 0600) == 0);
  write_file(clinic.dir / "ask", "#!/bin/sh\nexec cat " + question.string() + "\n", 0700);
  clinic.environment["HOME"] = clinic.dir.name().string();
  clinic.options.api = "  key_command: [~/ask]\n";
  write_file(clinic.dir / "config.yaml", config_text(*clinic.bed, clinic.options));
  Process doctor({programs::ctl(), "doctor"}, clinic.environment);
  require("doctor says what it waits for",
          [&doctor] { return has(doctor.errors(), "asking ~/ask (api.key_command) for the key"); });
  CHECK(has(doctor.output(), "config.yaml: valid"));
  CHECK_FALSE(has(doctor.output(), "api.key_command"));
  write_file(question, std::string(test_key) + "\n");
  CHECK(doctor.wait(milliseconds(60'000)) == 3);  // no daemon
  CHECK(has(doctor.output(), "from the command ~/ask (api.key_command)"));
  CHECK(has(doctor.output(), "all programs of the configuration are there: 1"));
  doctor.end_for_sanitizers();

  // Not where it is there at once, and never beside JSON.
  clinic.environment["GEMINI_API_KEY"] = test_key;
  CHECK(clinic.doctor({"--offline"}).errors.empty());
  clinic.environment["GEMINI_API_KEY"] = "";
  clinic.options.api = "  key_command: [echo, " + std::string(test_key) + "]\n";
  CHECK(clinic.doctor({"--offline", "--json"}).errors.empty());
}

TEST_CASE("a configuration with mistakes; no runtime folder; no bus; no daemon") {
  Clinic clinic;
  CHECK(clinic.examine() == 3);  // neither running nor activatable
  CHECK(clinic.verdict("daemon") == "failed");

  clinic.options.more = "audoi: {}\n";
  CHECK(clinic.examine() == 6);
  CHECK(has(clinic.reason("configuration"), "audoi"));
  CHECK(clinic.verdict("name lookup") == "skipped");
  CHECK(clinic.verdict("microphone") == "skipped");
  CHECK(clinic.verdict("session bus") == "ok");

  clinic.options.more.clear();
  clinic.environment["XDG_RUNTIME_DIR"] = "";
  clinic.environment["DBUS_SESSION_BUS_ADDRESS"] = "";
  const Result offline = clinic.doctor({"--offline"});
  CHECK(offline.status == 3);
  CHECK(has(offline.output, "XDG_RUNTIME_DIR is not set"));
  CHECK(has(offline.output, "because of --offline"));
  CHECK(clinic.sim.count("listing") == 1);  // of the first time: offline asks nobody
}

TEST_CASE("a bundle has what helps, nothing that tells of its owner, and spoils no file") {
  Clinic clinic;
  clinic.options.more =
      "profiles: {assistant: {instructions: \"The surprise party is on Friday\"}}\n";
  const Daemon daemon(clinic.bus, *clinic.bed, clinic.options);
  const path file = clinic.dir / "report.md";
  const Result written = clinic.doctor({"--bundle", file.string()});
  CHECK_MESSAGE(written.status == 0, written.output, written.errors);
  struct stat info {};
  REQUIRE(::stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const std::string text = read_file(file);
  for (const char* part : {"## Versions", "## Findings", "## Configuration", "## Statistics",
                           "## Log", "ALSA library", "[31 bytes]", "pulse:mic", "sdbus-c++"}) {
    CHECK_MESSAGE(has(text, part), part);
  }
  CHECK_FALSE(has(text, test_key));
  CHECK_FALSE(has(text, "surprise"));
  CHECK_FALSE(has(text, clinic.environment["HOME"]));
  const Result again = clinic.doctor({"--bundle", file.string()});
  CHECK(again.status == 5);
  CHECK(again.output.empty());
  CHECK(read_file(file) == text);
}
