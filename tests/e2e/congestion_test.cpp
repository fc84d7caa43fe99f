// A service that takes nothing any more while there is much to say to it: what waits is bounded,
// and the conversation goes on over the next connection (live-api.md section 7.6).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <stdexcept>

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

std::size_t resident_kib(Process& process) {
  const std::string status = read_file("/proc/" + std::to_string(process.pid()) + "/status");
  const std::size_t at = status.find("VmRSS:");
  if (at == std::string::npos) throw std::runtime_error("no VmRSS");
  return std::stoul(status.substr(at + 6));
}

// Texts until one is refused: the name of the error. Empty: all of them were taken.
std::string fill(Stage& stage) {
  const std::string text(16'000, 'x');
  for (int i = 0; i < 400; ++i) {
    try {
      stage.voice->say(text);
    } catch (const BusError& error) {
      return error.name;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("a peer that vanishes while texts are sent to it: Busy, and memory stays bounded") {
  Stage stage(short_answers({{{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", "silent"}}}));
  stage.start_session();
  talk(stage, "One.");
  const std::size_t before = resident_kib(stage.daemon->process());
  stage.voice->say("Two.");
  stage.sim->wait_for("drop");
  CHECK(fill(stage) == "Busy");
  const std::size_t after = resident_kib(stage.daemon->process());
  const std::size_t more = after - before;
  MESSAGE(more << " KiB more");
  CHECK(after < before + 32UL * 1024);
  CHECK(stage.voice->state() != "idle");
}

TEST_CASE("a peer that vanishes while the microphone is open: given up within a minute" *
          doctest::skip(!virtual_time())) {
  Stage stage(short_answers({{{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", "silent"}}}));
  stage.start_session();
  talk(stage, "One.");
  const std::size_t before = resident_kib(stage.daemon->process());
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Two.");
  stage.sim->wait_for("drop");
  const std::int64_t dropped_ns = now_ns();
  stage.voice->wait_for_state("reconnecting", milliseconds(70'000));
  stage.sim->wait_for(
      "setup", [](const json::object& line) { return line.at("conn").to_number<int>() == 2; }, 0,
      milliseconds(70'000));
  const double seconds = static_cast<double>(now_ns() - dropped_ns) / 1e9;
  MESSAGE("connected again after " << seconds << " s");
  CHECK(seconds < 60);
  CHECK(resumed(setup_of(stage, 2)));
  CHECK(errors(stage, seen) == 1);
  const json::object statistics = stage.voice->statistics();
  const int dropped = statistics.at("frames_dropped").to_number<int>();
  MESSAGE(dropped << " frames dropped");
  CHECK(dropped > 0);
  CHECK(resident_kib(stage.daemon->process()) < before + 32UL * 1024);
}

TEST_CASE("a goodbye that nobody answers holds the next connection up for two seconds, no longer") {
  // The notice comes with a question under way, so that the change waits for its deadline, one
  // second later; by then the service has fallen silent.
  Stage stage(
      short_answers({{{"on", "text"}, {"nth", 2}, {"do", "go_away"}, {"time_left_ms", 4000}},
                     {{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", "silent"}}}));
  stage.start_session();
  talk(stage, "One.");
  stage.voice->say("Two.");
  const std::int64_t dropped_ns = t_ns(stage.sim->wait_for("drop"));
  const json::object next = stage.sim->wait_for(
      "setup", [](const json::object& line) { return line.at("conn").to_number<int>() == 2; }, 0,
      milliseconds(30'000));
  const double seconds = static_cast<double>(t_ns(next) - dropped_ns) / 1e9;
  MESSAGE("the next connection came after " << seconds << " s");
  CHECK(seconds > 2);  // else somebody answered, and nothing was tried
  CHECK(seconds < 6);
  CHECK(resumed(setup_of(stage, 2)));
  stage.voice->wait_for_state("listening", milliseconds(20'000));
}
