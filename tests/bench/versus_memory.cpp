// What a long conversation does to the memory of the daemon, and to that of the tutorial's program:
// half an hour, an answer every ten seconds. In virtual time, which takes minutes.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <thread>

#include <doctest/doctest.h>

#include "tests/bench/process_cost.hpp"
#include "tests/bench/scene.hpp"
#include "tests/bench/table.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;
using namespace gv::bench;

namespace {

constexpr int minutes = 30;
constexpr int turns_a_minute = 6;

// Resident memory in MiB, when it begins and after each minute.
std::vector<double> resident_memory(const Entry& entry) {
  Scene scene(entry, {.speaker_rate = 24000, .answer = speech(4, 24000, 81)});
  Microphone microphone(*scene.bed);
  scene.begin();
  const auto processes = scene.entrant->processes();
  std::vector<double> values{memory_of(processes).resident_mib};
  for (int minute = 0; minute < minutes; ++minute) {
    for (int turn = 0; turn < turns_a_minute; ++turn) {
      microphone.say(speech(0.6, microphone.rate(), 82));
      std::this_thread::sleep_for(std::chrono::seconds(60) / turns_a_minute);
    }
    values.push_back(memory_of(processes).resident_mib);
  }
  // It talked to the end.
  CHECK(scene.sim->events().size() > minutes * turns_a_minute);
  return values;
}

}  // namespace

TEST_CASE("memory over half an hour" * doctest::skip(!on_kernel())) {
  const Table table("Resident memory over half an hour, by the minute", "MiB");
  for (const Entry& entry : {ours("queued", "off"), tutorial(true, 512)}) {
    const std::vector<double> values = resident_memory(entry);
    table.add(entry.name, values);
    record("memory_over_time", "MiB", entry.name, values);
    const std::vector<double> growth{values.back() - values[5]};
    table.add("  what it grew after the fifth minute", growth);
    record("growth", "MiB", entry.name, growth);
  }
}
