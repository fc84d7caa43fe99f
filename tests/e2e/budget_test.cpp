// What a day of conversations costs, the budget that ends it, and a configuration that is read anew
// while somebody speaks.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <sstream>

#include <doctest/doctest.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/programs.hpp"

using namespace gv::e2e;

namespace {

// A token of sound costs a cent, and all else nothing; the service tells 25 of them a second.
std::string more(const std::string& budget, const std::string& further = {}) {
  return "usage:\n  daily_budget: " + budget +
         "\n  prices:\n    live: {models: [\"gemini-3.8-live*\"], text_in: 0, audio_in: 0, "
         "image_in: 0, text_out: 0, audio_out: 10000}\n" +
         further;
}

class Bench {
 public:
  Bench() : stage(options()) {}

  // The daemon's files, for the command line.
  Result ctl(const std::vector<std::string>& words) const {
    std::vector<std::string> command{programs::ctl(), "--timeout=20"};
    command.insert(command.end(), words.begin(), words.end());
    Environment all = stage.bed->environment();
    all.merge(stage.bus.environment());
    all["GEMINI_VOICE_CONFIG"] = stage.daemon->config_file().string();
    return run(command, all, milliseconds(30'000));
  }
  void answer() {
    const std::size_t from = stage.voice->signals().size();
    stage.voice->say("Go on.");
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, from, milliseconds(30'000));
  }
  std::string reload(const std::string& yaml) {
    DaemonOptions changed = daemon_options();
    changed.more = yaml;
    write_file(stage.daemon->config_file(), config_text(*stage.bed, changed));
    const Result result = ctl({"reload"});
    CHECK_MESSAGE(result.status == 0, result.errors);
    return result.output;
  }
  void restart() {
    stage.voice.reset();
    stage.daemon.reset();
    stage.daemon = std::make_unique<Daemon>(stage.bus, *stage.bed, daemon_options());
    stage.voice = std::make_unique<VoiceClient>(stage.bus);
  }
  std::string refusal() {
    try {
      stage.voice->start();
    } catch (const BusError& error) {
      return error.name;
    }
    return {};
  }
  // The last line of usage --json, once it has so many tokens of sound.
  json::object books(int audio_out) const {
    json::object last;
    require("the books have it", [&] {
      std::istringstream lines(ctl({"--json", "usage"}).output);
      for (std::string line; std::getline(lines, line);)
        last = json::parse(line).as_object();
      return last.contains("audio_out") && last.at("audio_out").to_number<int>() == audio_out;
    });
    return last;
  }

  Stage stage;

 private:
  static StageOptions options() {
    StageOptions options;
    options.answer = speech(1, 24000, 1);
    options.daemon.more = more("0.60");
    return options;
  }
  DaemonOptions daemon_options() const {
    DaemonOptions again = options().daemon;
    again.endpoint = stage.sim->endpoint();
    again.ca_file = stage.authority.file().string();
    return again;
  }
};

}  // namespace

TEST_CASE(
    "a conversation takes a reload over, is warned, ends with its budget, and is in the books") {
  Bench bench;
  Stage& stage = bench.stage;
  stage.start_session();
  bench.answer();
  CHECK(bench.books(25).at("cost_usd").to_number<double>() == doctest::Approx(0.25));

  // Nobody notices but who asked.
  const std::string told = bench.reload(more("0.60",
                                             "session: {idle_timeout: 10min}\nlog: {level: debug}\n"
                                             "default_profile: tutor\n"));
  MESSAGE(told);
  CHECK(has(told, "session.idle_timeout: in force now\n"));
  CHECK(has(told, "log.level: in force now\n"));
  CHECK(has(told, "default_profile: takes effect with the next session\n"));
  CHECK(stage.voice->state() == "listening");

  bench.answer();
  const BusSignal warning = stage.voice->wait_for_signal("BudgetWarning");
  CHECK(warning.arguments.at(0).to_number<double>() == doctest::Approx(0.50));
  CHECK(warning.arguments.at(1).to_number<double>() == doctest::Approx(0.60));
  const json::object statistics = stage.voice->statistics();
  CHECK(json::serialize(statistics).find("cost_usd") != std::string::npos);
  CHECK(stage.sim->count("connect") == 1);

  stage.voice->say("Once more.");
  const BusSignal ended = stage.voice->wait_for_signal(
      "SessionEnded", [](const json::array&) { return true; }, 0, milliseconds(30'000));
  CHECK(ended.arguments.at(0).as_string() == "budget");
  CHECK(stage.wait_for_error().name == "BudgetExceeded");
  CHECK(bench.refusal() == "BudgetExceeded");
  const Result refused = bench.ctl({"start"});
  MESSAGE(refused.errors);
  CHECK(refused.status == 5);
  CHECK(has(refused.errors, "$0.75"));

  bench.books(75);
  bench.restart();
  CHECK(bench.refusal() == "BudgetExceeded");
  const std::string raised = bench.reload(more("5"));
  CHECK(has(raised, "usage.daily_budget: in force now\n"));
  stage.start_session();
  stage.voice->stop();

  const Result shown = bench.ctl({"usage", "--by", "profile"});
  MESSAGE(shown.output);
  CHECK(has(shown.output, "assistant"));
  CHECK(has(shown.output, "$0.75 of $5.00 are spent today (15 %)"));
  CHECK(bench.ctl({"usage", "--by", "week"}).status == 2);
}
