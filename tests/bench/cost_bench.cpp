// What a conversation costs the daemon in processor time, with cancellation and without it, both
// ends speaking all the time: on-CPU nanoseconds of all its threads by the kernel's scheduler, on a
// sound server. The two take turns, so that what else the machine does disturbs both.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <fstream>
#include <thread>

#include <doctest/doctest.h>

#include "tests/bench/table.hpp"
#include "tests/e2e/support/room.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

constexpr int pairs = 5;
constexpr int measured_s = 8;
constexpr double most_percent = 3;  // that cancellation may add, of one core

// What all threads of the process have run so far.
std::int64_t on_cpu_ns(pid_t process) {
  std::int64_t sum = 0;
  const path tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::int64_t one = 0;
    std::ifstream(task.path() / "schedstat") >> one;
    sum += one;
  }
  return sum;
}

// Per cent of a core. The microphone hears the speaker, and a user who talks on and on; the service
// does not let itself be interrupted.
double cost(const std::string& echo) {
  StageOptions options;
  options.speaker_rate = 48000;
  options.answer = speech(measured_s + 6, 24000, 91);
  options.daemon.echo = echo;
  options.daemon.more = "profiles: {assistant: {interruptions: false}}\n";
  Stage stage(options);
  Room room(*stage.bed);
  stage.start_session();
  REQUIRE(stage.voice->property("EchoMode") == json::value(echo));
  stage.voice->say("Tell me something long.");
  room.speaker.wait_for_sound();
  room.microphone.say(speech(measured_s + 4, room.microphone.rate(), 92));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const pid_t process = stage.daemon->process().pid();
  const std::int64_t began = now_ns();
  const std::int64_t before = on_cpu_ns(process);
  std::this_thread::sleep_for(std::chrono::seconds(measured_s));
  const std::int64_t used = on_cpu_ns(process) - before;
  const std::int64_t passed = now_ns() - began;
  // It was what it should be to the end: an answer was heard, and the user, too.
  const json::object statistics = stage.voice->statistics();
  CHECK(stage.voice->state() == "speaking");
  CHECK(statistics.at("speaker_dbfs").to_number<double>() > -60);
  CHECK(statistics.at("audio_in_ms").to_number<double>() > measured_s * 1000.0);
  CHECK(statistics.at("interruptions").to_number<int>() == 0);
  return 100.0 * static_cast<double>(used) / static_cast<double>(passed);
}

}  // namespace

TEST_CASE("processor time of a conversation, both ends speaking") {
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> added;
  cost("off");  // the first finds nothing in the caches
  for (int i = 0; i < pairs; ++i) {
    without.push_back(cost("off"));
    with.push_back(cost("cancel"));
    added.push_back(with.back() - without.back());
  }
  const gv::bench::Table table("The daemon in a conversation, both ends speaking",
                               "% of one core (10 ms per second)");
  table.add("without cancellation", without);
  table.add("with cancellation", with);
  table.add("cancellation adds (pair by pair; at most 3)", added);
  CHECK(gv::bench::median(added) <= most_percent);
}
