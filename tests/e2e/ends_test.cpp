// Ends of connections that call for another answer the second time, or later on (live-api.md
// sections 2.8 and 7.4). reconnect_test has each of them once, right at the beginning.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

StageOptions short_answers(json::array rules) {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.script = json::serialize(rules);
  return options;
}

json::object closing(const char* event, int code, const char* reason) {
  return {{"on", event}, {"do", "close"}, {"code", code}, {"reason", reason}};
}

json::object wait_for_connection(Stage& stage, const char* event, int connection,
                                 milliseconds limit = milliseconds(30'000)) {
  return stage.sim->wait_for(
      event,
      [connection](const json::object& line) {
        return line.at("conn").to_number<int>() == connection;
      },
      0, limit);
}

void pass(int ms) {
  const std::int64_t end = now_ns() + ms * 1'000'000LL;
  require(
      "time to pass", [end] { return now_ns() > end; }, milliseconds(ms + 10'000));
}

}  // namespace

TEST_CASE("an invalid argument after a minute of talk: a fresh conversation, without its history" *
          doctest::skip(!virtual_time())) {
  json::object rule = closing("text", 1007, "Request contains an invalid argument.");
  rule["nth"] = 2;
  StageOptions options = short_answers({rule});
  options.daemon.more = "session:\n  idle_timeout: 1h\n";
  Stage stage(options);
  stage.start_session();
  talk(stage, "Remember this.");
  pass(61'000);
  stage.voice->say("Two.");
  wait_for_connection(stage, "setup", 2);
  stage.voice->wait_for_state("listening");
  CHECK_FALSE(resumed(setup_of(stage, 2)));
  CHECK(stage.sim->count("client_content") == 0);
  talk(stage, "Three.");
}

TEST_CASE("an internal error again right after resuming: in the end without the handle") {
  json::array rules;
  json::object first = closing("text", 1011, "Internal error encountered.");
  first["nth"] = 2;
  rules.emplace_back(first);
  for (int connection = 2; connection <= 4; ++connection) {
    json::object again = closing("setup", 1011, "Internal error encountered.");
    again["conn"] = connection;
    rules.emplace_back(again);
  }
  Stage stage(short_answers(rules));
  stage.start_session();
  talk(stage, "Remember this.");
  stage.voice->say("Two.");
  int connection = 2;
  while (connection <= 5 &&
         resumed(wait_for_connection(stage, "setup", connection).at("setup").as_object()))
    ++connection;
  MESSAGE("without the handle from connection " << connection << " on");
  CHECK(connection > 2);
  CHECK(connection <= 5);
  const json::object told = stage.sim->wait_for("client_content");
  CHECK(json::serialize(told).find("Remember this.") != std::string::npos);
  stage.voice->wait_for_state("listening", milliseconds(20'000));
  talk(stage, "Three.");
}

TEST_CASE("a quota: no other attempt within 52 s" * doctest::skip(!virtual_time())) {
  StageOptions options = short_answers({{{"on", "text"}, {"nth", 2}, {"do", "quota"}}});
  options.daemon.more = "session:\n  idle_timeout: 1h\n";
  Stage stage(options);
  stage.start_session();
  talk(stage, "One.");
  // Not the service's word of the close: that comes when the daemon has known of it for a while.
  const std::int64_t asked_ns = now_ns();
  stage.voice->say("Two.");
  const std::int64_t next_ns =
      t_ns(wait_for_connection(stage, "connect", 2, milliseconds(120'000)));
  const double seconds = static_cast<double>(next_ns - asked_ns) / 1e9;
  MESSAGE("the next attempt came after " << seconds << " s");
  CHECK(seconds >= 52);
  CHECK(seconds < 79);
  CHECK(resumed(wait_for_connection(stage, "setup", 2).at("setup").as_object()));
}

TEST_CASE("the model is gone in mid-session: the next of fallback_models") {
  json::object rule = closing("text", 1008,
                              "models/first is not found for API version v1beta, or is not "
                              "supported for bidiGenerateContent.");
  rule["nth"] = 2;
  StageOptions options = short_answers({rule});
  options.sim = {"--models=models/first,models/second"};
  options.daemon.more =
      "profiles:\n  assistant:\n    model: first\n    fallback_models: [second]\n";
  Stage stage(options);
  stage.start_session();
  talk(stage, "Remember this.");
  stage.voice->say("Two.");
  const json::object setup = wait_for_connection(stage, "setup", 2).at("setup").as_object();
  CHECK(setup.at("model").as_string() == "models/second");
  CHECK_FALSE(resumed(setup));  // a handle is for one model only
  stage.voice->wait_for_state("listening", milliseconds(20'000));
  CHECK(stage.voice->property("Model").as_string() == "second");
  talk(stage, "Three.");
}

TEST_CASE("HTTP answers instead of the second connection") {
  struct Row {
    int status;
    const char* error;
    bool final;
  };
  for (const Row& row : {Row{403, "AuthFailed", true}, Row{429, "QuotaExceeded", false},
                         Row{503, "NetworkUnavailable", false}}) {
    CAPTURE(row.status);
    Stage stage(short_answers(
        {{{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", "fin"}},
         {{"on", "connect"}, {"conn", 2}, {"do", "refuse"}, {"status", row.status}}}));
    stage.start_session();
    talk(stage, "One.");
    stage.voice->say("Two.");
    stage.sim->wait_for("refused");
    const std::string error = row.error;
    require("the error is there", [&stage, &error] { return last_error(stage) == error; });
    if (row.final) {
      stage.voice->wait_for_state("idle");
      CHECK(stage.sim->count("connect") == 2);
    } else {
      CHECK(stage.voice->state() == "reconnecting");
    }
  }
}

TEST_CASE("a certificate that was refused does not spoil the connection after it") {
  // OpenSSL keeps its errors for each thread, and the next call finds what nobody took out.
  StageOptions options = short_answers({});
  options.certificate = CertificateKind::self_signed;
  Stage stage(options);
  stage.voice->start();
  CHECK(stage.wait_for_error().name == "NetworkUnavailable");
  stage.voice->wait_for_state("idle");
  const std::string address = "--listen=127.0.0.1:" + std::to_string(stage.sim->port());
  stage.sim.reset();
  stage.sim = std::make_unique<Sim>(stage.authority.issue(CertificateKind::good),
                                    std::vector<std::string>{address});
  const std::size_t seen = stage.voice->signals().size();
  stage.start_session();
  talk(stage, "Hello.");
  CHECK(errors(stage, seen) == 0);
  CHECK(stage.sim->count("connect") == 1);
}

TEST_CASE("a conversation that was paused for two hours is not resumed") {
  StageOptions options = short_answers({});
  Stage stage(options);
  stage.start_session();
  talk(stage, "My name is Ada.");
  const path file =
      path(stage.bed->environment().at("XDG_STATE_HOME")) / "gemini-voiced" / "handles.json";
  require("the handle is written", [&file] { return !read_file(file).empty(); });
  stage.daemon->process().signal(SIGKILL);
  stage.daemon->process().wait();
  std::string text = read_file(file);
  const std::size_t at = text.find_first_of("0123456789", text.find("\"saved\":"));
  REQUIRE(at != std::string::npos);
  const std::size_t end = text.find_first_not_of("0123456789", at);
  text.replace(at, end - at, std::to_string(std::stoll(text.substr(at, end - at)) - 7200));
  write_file(file, text);
  options.daemon.endpoint = stage.sim->endpoint();
  options.daemon.ca_file = stage.authority.file().string();
  require("the devices are free",
          [&stage] { return !stage.bed->capture_in_use() && !stage.bed->playback_in_use(); });
  stage.daemon = std::make_unique<Daemon>(stage.bus, *stage.bed, options.daemon);
  stage.voice->wait_for_state("idle");
  stage.start_session();
  CHECK_FALSE(resumed(setup_of(stage, 2)));
}
