// Starting, ending, and what can be wrong around the daemon: keys, devices, files, signals; and the
// object on the bus as other programs see it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>
#include <sstream>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/e2e/support/pcm.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

constexpr const char* service = "org.geminivoice.Voice1";
constexpr const char* object = "/org/geminivoice/Voice1";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A TCP port that takes connections and never says a word.
class BlackHole {
 public:
  BlackHole() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    // The sockets interface wants one address type for all families.
    auto* const generic = reinterpret_cast<sockaddr*>(&address_);
    REQUIRE(::bind(socket_, generic, size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, generic, &size) == 0);
  }
  ~BlackHole() { ::close(socket_); }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  std::string endpoint() const {
    return "wss://" + Sim::host() + ":" + std::to_string(ntohs(address_.sin_port));
  }

 private:
  int socket_;
  sockaddr_in address_{};
};

void check_ends_within_2s(Stage& stage) {
  const std::int64_t asked = now_ns();
  stage.daemon->process().signal(SIGTERM);
  const std::optional<int> status = stage.daemon->process().wait();
  const double ms = static_cast<double>(now_ns() - asked) / 1e6;
  REQUIRE(status);
  CHECK(*status == 0);
  CHECK(ms <= 2000);
  CHECK_FALSE(stage.bed->capture_in_use());
  CHECK_FALSE(stage.bed->playback_in_use());
}

Result gdbus(const Stage& stage, const std::string& method,
             const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"gdbus",  "call",     "--session",
                                   "--dest", service,    "--object-path",
                                   object,   "--method", std::string(service) + "." + method};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command, stage.bus.environment());
}

}  // namespace

TEST_CASE("gdbus starts, mutes and stops without our command line") {
  Stage stage;
  const Result started = gdbus(stage, "Start", {"{}"});
  CHECK_MESSAGE(started.status == 0, started.errors);
  stage.voice->wait_for_state("listening");
  CHECK(has(started.output, std::string(stage.voice->property("SessionId").as_string())));
  // Every verb is idempotent.
  CHECK(gdbus(stage, "Start", {"{}"}).output == started.output);
  stage.voice->wait_for_property("CaptureOpen", true);
  CHECK(gdbus(stage, "Mute", {"true"}).status == 0);
  stage.voice->wait_for_property("CaptureOpen", false);
  CHECK(gdbus(stage, "Mute", {"true"}).status == 0);
  CHECK(gdbus(stage, "Mute", {"false"}).status == 0);
  stage.voice->wait_for_property("CaptureOpen", true);
  CHECK(gdbus(stage, "Stop", {"{}"}).status == 0);
  stage.voice->wait_for_state("idle");
  CHECK(gdbus(stage, "Stop", {"{}"}).status == 0);
}

TEST_CASE("busctl introspect shows the contract") {
  Stage stage;
  const Result shown =
      run({"busctl", "--address=" + stage.bus.address(), "introspect", service, object, service});
  REQUIRE_MESSAGE(shown.status == 0, shown.errors);
  struct Member {
    const char* name;
    const char* kind;
    const char* in;  // the signature of a signal or property
    const char* out;
  };
  for (const Member& member : {
           Member{".Start", "method", "a{sv}", "s"},
           {".Stop", "method", "a{sv}", "-"},
           {".Toggle", "method", "a{sv}", "b"},
           {".Mute", "method", "b", "-"},
           {".Talk", "method", "b", "-"},
           {".Interrupt", "method", "-", "-"},
           {".SendText", "method", "sa{sv}", "t"},
           {".SendImage", "method", "hsa{sv}", "-"},
           {".AnswerToolRequest", "method", "sb", "-"},
           {".GetTranscript", "method", "u", "a(txss)"},
           {".GetStatistics", "method", "-", "a{sv}"},
           {".ListDevices", "method", "-", "a(sss)"},
           {".ListProfiles", "method", "-", "a(ss)"},
           {".Reload", "method", "-", "as"},
           {".TranscriptDelta", "signal", "tss", "-"},
           {".TranscriptCompleted", "signal", "tssa{sv}", "-"},
           {".TurnCompleted", "signal", "ta{sv}", "-"},
           {".ToolCalled", "signal", "sss", "-"},
           {".ToolFinished", "signal", "sss", "-"},
           {".ToolApprovalRequested", "signal", "sss", "-"},
           {".SessionEnded", "signal", "ss", "-"},
           {".ErrorOccurred", "signal", "ss", "-"},
           {".State", "property", "s", ""},
           {".Muted", "property", "b", ""},
           {".CaptureOpen", "property", "b", ""},
           {".PlaybackOpen", "property", "b", ""},
           {".SessionId", "property", "s", ""},
           {".Profile", "property", "s", ""},
           {".Model", "property", "s", ""},
           {".Version", "property", "s", ""},
           {".EchoMode", "property", "s", ""},
           {".Talking", "property", "b", ""},
           {".TurnTaking", "property", "s", ""},
           {".OffTheRecord", "property", "b", ""},
           {".LastError", "property", "(ss)", ""},
       }) {
    bool found = false;
    std::istringstream lines(shown.output);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name, kind, in, out;
      words >> name >> kind >> in >> out;
      found = found || (name == member.name && kind == member.kind && in == member.in &&
                        (*member.out == '\0' || out == member.out));
    }
    CHECK_MESSAGE(found, member.name << " is not in\n" << shown.output);
  }
}

TEST_CASE("the statistics have every name of the contract") {
  Stage stage;
  stage.start_session();
  const json::object statistics = stage.voice->statistics();
  for (const char* name : {"connects",
                           "reconnects",
                           "handovers",
                           "capture_xruns",
                           "playback_xruns",
                           "frames_sent",
                           "frames_dropped",
                           "audio_in_ms",
                           "audio_out_ms",
                           "interruptions",
                           "stalls",
                           "loop_lag_max_us",
                           "mic_to_wire_us_p50",
                           "mic_to_wire_us_p99",
                           "wire_to_device_us_p50",
                           "wire_to_device_us_p99",
                           "interrupt_to_silence_us_p50",
                           "interrupt_to_silence_us_p99",
                           "last_turn_latency_ms",
                           "tokens_in",
                           "tokens_out"}) {
    CHECK_MESSAGE(statistics.contains(name), name);
  }
}

TEST_CASE("a call on the bus starts the daemon") {
  const auto bed = make_bed(24000);
  const TempDir dir;
  SessionBus bus;
  DaemonOptions options;
  options.endpoint = "wss://" + Sim::host() + ":1";
  write_file(dir / "config.yaml", config_text(*bed, options));
  Environment environment = bed->environment();
  environment["GEMINI_API_KEY"] = test_key;
  bus.set_activation_environment(environment);
  bus.make_activatable(service, programs::daemon() + " --config " + (dir / "config.yaml").string());
  VoiceClient voice(bus);
  CHECK_FALSE(voice.on_the_bus());
  CHECK_FALSE(voice.start().empty());
  CHECK(voice.on_the_bus());
  const Result pid =
      run({"gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/",
           "--method", "org.freedesktop.DBus.GetConnectionUnixProcessID", service},
          bus.environment());
  const std::size_t digits = pid.output.find_first_of("123456789", pid.output.find(' '));
  const auto daemon = static_cast<pid_t>(std::stoi(pid.output.substr(digits)));
  ::kill(daemon, SIGTERM);
  CHECK(wait_until([&voice] { return !voice.on_the_bus(); }));
  CHECK(wait_until([daemon] { return ::kill(daemon, 0) != 0; }));
}

TEST_CASE("a second daemon on the same bus says so and leaves the first alone") {
  Stage stage;
  Environment environment = stage.bed->environment();
  environment.merge(stage.bus.environment());
  const Result second =
      run({programs::daemon(), "--config", stage.daemon->config_file().string()}, environment);
  CHECK(second.status > 0);
  CHECK_FALSE(second.errors.empty());
  CHECK(stage.voice->state() == "idle");
}

TEST_CASE("no key: Start says so, and the daemon stays up") {
  StageOptions options;
  options.daemon.api_key = "";
  Stage stage(options);
  for (int i = 0; i < 2; ++i) {
    try {
      stage.voice->start();
      FAIL("Start was accepted without a key");
    } catch (const BusError& error) {
      CHECK(error.name == "NoApiKey");
      CHECK(has(error.what(), "GEMINI_API_KEY"));
    }
  }
  CHECK(stage.voice->state() == "idle");
  CHECK(stage.sim->count("connect") == 0);
}

TEST_CASE("no such device") {
  for (const bool capture : {false, true}) {
    CAPTURE(capture);
    StageOptions options;
    (capture ? options.daemon.capture_device : options.daemon.playback_device) = "hw:NoSuchCard";
    Stage stage(options);
    stage.voice->start();
    const Stage::Announced failure = stage.wait_for_error();
    CHECK(failure.name == "DeviceUnavailable");
    CHECK(has(failure.message, "hw:NoSuchCard"));
    stage.voice->wait_for_state("idle");
    stage.voice->wait_for_property("CaptureOpen", false);
    CHECK_FALSE(stage.bed->capture_in_use());
    CHECK(stage.daemon->process().running());
  }
}

// A sound server has no exclusive devices.
TEST_CASE("a device that another program holds; when it is free, the next start works" *
          doctest::skip(!on_kernel())) {
  StageOptions options;
  options.daemon.playback_device = "hw:Speaker,0,0";
  Stage stage(options);
  {
    const Pcm other("hw:Speaker,0,0", SND_PCM_STREAM_PLAYBACK, 24000, 60);
    stage.voice->start();
    const Stage::Announced failure = stage.wait_for_error();
    CHECK(failure.name == "DeviceUnavailable");
    CHECK_MESSAGE((has(failure.message, "busy") || has(failure.message, "in use")),
                  failure.message);
    stage.voice->wait_for_state("idle");
  }
  stage.start_session();
}

TEST_CASE("SIGTERM ends within 2 s, idle and in a conversation") {
  for (const bool talking : {false, true}) {
    Stage stage;
    if (talking) stage.start_session();
    check_ends_within_2s(stage);
    // To the very end: sanitizers look for leaks there.
    CHECK_FALSE(has(stage.daemon->log(), "left with"));
    if (talking) CHECK(stage.sim->wait_for("close").at("code").to_number<int>() == 1000);
  }
}

TEST_CASE("SIGTERM ends within 2 s when the service has gone silent") {
  for (const char* rule : {R"([{"on":"setup","do":"drop","how":"silent"}])",
                           R"([{"on":"ready","after_ms":50,"do":"drop","how":"silent"}])"}) {
    StageOptions options;
    options.script = rule;
    Stage stage(options);
    stage.voice->start();
    stage.sim->wait_for("drop");
    check_ends_within_2s(stage);
  }
}

TEST_CASE("SIGTERM ends within 2 s when the network swallows everything") {
  const BlackHole hole;
  StageOptions options;
  options.daemon.endpoint = hole.endpoint();
  Stage stage(options);
  stage.voice->start();
  stage.voice->wait_for_state("connecting");
  check_ends_within_2s(stage);
}

TEST_CASE("SIGTERM ends within 2 s when the sound server is frozen" * doctest::skip(on_kernel())) {
  Stage stage;
  stage.start_session();
  stage.bed->freeze_server();
  check_ends_within_2s(stage);
}

TEST_CASE("hostile configuration: exit 6, and where the mistake is") {
  const TempDir dir;
  const SessionBus bus;
  const auto bed = make_bed(24000);
  struct Row {
    const char* text;
    const char* words;
  };
  for (const Row& row :
       {Row{"audio:\n  perod: 20ms\n", ":2:"}, Row{"api:\n  key: AIzaSomething\n", "key"},
        Row{"audio: {period: 20}\n", "audio.period"}, Row{"a: &a [*a]\n", ":1:"},
        Row{"default_profile: x\ndefault_profile: y\n", ":2:"}, Row{"\tx: [", ":1:"},
        Row{"api:\n  endpoint: ws://example.org\n", "api.endpoint"}}) {
    CAPTURE(row.text);
    write_file(dir / "config.yaml", row.text);
    Environment environment = bed->environment();
    environment.merge(bus.environment());
    const Result ended =
        run({programs::daemon(), "--config", (dir / "config.yaml").string()}, environment);
    CHECK(ended.status == 6);
    CHECK_MESSAGE(has(ended.errors, "config.yaml:"), ended.errors);
    CHECK_MESSAGE(has(ended.errors, row.words), ended.errors);
    CHECK_FALSE(has(ended.errors, "AIzaSomething"));
  }
}
