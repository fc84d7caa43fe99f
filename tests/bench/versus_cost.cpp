// What a conversation costs the daemon beside the tutorial's programs, and beside arecord and
// aplay, on a sound server. They take turns, so that what else the machine does disturbs all alike.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <future>
#include <map>
#include <thread>

#include <doctest/doctest.h>

#include "tests/bench/notify_socket.hpp"
#include "tests/bench/process_cost.hpp"
#include "tests/bench/scene.hpp"
#include "tests/bench/table.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/speaker.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;
using namespace gv::bench;

namespace {

constexpr int measured_s = 6;

std::vector<Entry> entries() {
  std::vector<Entry> all{floor_of_alsa(), ours("queued", "off"), ours("direct", "off")};
  if (GV_ECHO_BUILT_IN) all.push_back(ours("queued", "cancel"));
  for (Entry& entry : std::vector{tutorial(true, 512), tutorial(true, 320), tutorial(false, 512)})
    all.push_back(std::move(entry));
  return all;
}

using Column = std::map<std::string, std::vector<double>>;  // by entrant
struct Costs {
  Column cpu;
  Column wake_ups;
  Column resident;
  Column proportional;
  Column system_calls;
  // What it says of its own share, where it says anything.
  Column microphone_to_wire;
  Column wire_to_device;
};

void add_own(Scene& scene, const Entry& entry, std::string_view statistic, Column& column) {
  const json::object known = scene.entrant->statistics();
  if (const json::value* us = known.if_contains(statistic))
    column[entry.name].push_back(us->to_number<double>() / 1000);
}

// In the middle of a long answer. The microphone is heard all the time, and is sent.
void converse(const Entry& entry, bool count_calls, Costs& costs) {
  Scene scene(entry, {.answer = speech(measured_s + 8, 24000, 71)});
  const SpeakerRecorder speaker(*scene.bed, 48000);
  Microphone microphone(*scene.bed);
  scene.begin();
  if (entry.converses) {
    microphone.say(speech(0.6, microphone.rate(), 72));
    speaker.wait_for_sound();
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto processes = scene.entrant->processes();
  if (count_calls) {
    const double calls = system_calls_per_second(processes, 3);
    if (calls > 0) costs.system_calls[entry.name].push_back(calls);
    return;
  }
  const std::int64_t began = now_ns();
  const Used before = used_by(processes);
  std::this_thread::sleep_for(std::chrono::seconds(measured_s));
  const Used after = used_by(processes);
  const double seconds = ms_between(began, now_ns()) / 1000;
  costs.cpu[entry.name].push_back(static_cast<double>(after.cpu_ns - before.cpu_ns) / 1e6 /
                                  seconds);
  costs.wake_ups[entry.name].push_back(static_cast<double>(after.wake_ups - before.wake_ups) /
                                       seconds);
  const Memory memory = memory_of(processes);
  costs.resident[entry.name].push_back(memory.resident_mib);
  costs.proportional[entry.name].push_back(memory.proportional_mib);
  add_own(scene, entry, "mic_to_wire_us_p99", costs.microphone_to_wire);
  add_own(scene, entry, "wire_to_device_us_p99", costs.wire_to_device);
}

void print(const char* metric, const std::string& title, const char* unit, const Column& column) {
  const Table table(title, unit);
  for (const Entry& entry : entries()) {
    const auto values = column.find(entry.name);
    if (values == column.end()) continue;
    table.add(entry.name, values->second);
    record(metric, unit, entry.name, values->second);
  }
}

}  // namespace

TEST_CASE("the cost of a conversation, beside the tutorial's programs and the floor") {
  Costs costs;
  constexpr int turns = 3;
  for (int turn = 0; turn < turns; ++turn) {
    for (const Entry& entry : entries())
      converse(entry, false, costs);
  }
  for (const Entry& entry : entries())
    converse(entry, true, costs);
  print("cpu", "Processor time in a conversation", "ms/s", costs.cpu);
  print("wake_ups", "Wake-ups in a conversation", "1/s", costs.wake_ups);
  print("resident", "Resident memory in a conversation", "MiB", costs.resident);
  print("proportional", "Proportional memory in a conversation", "MiB", costs.proportional);
  print("own_mic_to_wire", "The last sample of a chunk captured -> at the socket, p99", "ms",
        costs.microphone_to_wire);
  print("own_wire_to_device", "First sound of an answer read -> taken by the device, p99", "ms",
        costs.wire_to_device);
  print("system_calls", "System calls in a conversation, counted by strace", "1/s",
        costs.system_calls);
}

TEST_CASE("how soon") {
  constexpr int turns = 5;
  const Table ready("Program started -> READY=1 (sd_notify)", "ms");
  std::vector<double> times;
  for (int turn = 0; turn < turns; ++turn) {
    const auto bed = make_bed(48000);
    const SessionBus bus;
    const NotifySocket socket;
    DaemonOptions options;
    options.endpoint = "wss://localhost:1";
    options.environment = {{"NOTIFY_SOCKET", socket.name()},
                           {"DBUS_SYSTEM_BUS_ADDRESS", bus.address()}};
    auto told = std::async(std::launch::async, [&socket] { return socket.wait_for("READY=1"); });
    const std::int64_t began = now_ns();
    const Daemon daemon(bus, *bed, options);
    const std::int64_t ready_ns = told.get();
    REQUIRE(ready_ns != 0);
    times.push_back(ms_between(began, ready_ns));
  }
  ready.add(ours("queued", "off").name, times);
  record("exec_to_ready", "ms", ours("queued", "off").name, times);

  const Table setup("The user wants to talk -> `setup` at the service", "ms");
  for (const Entry& entry : {ours("queued", "off"), tutorial(true, 512)}) {
    times.clear();
    for (int turn = 0; turn < turns; ++turn) {
      Scene scene(entry, {});
      const std::int64_t began = now_ns();
      scene.entrant->begin();
      times.push_back(ms_between(began, t_ns(scene.sim->wait_for("setup"))));
    }
    setup.add(entry.name, times);
    record("start_to_setup", "ms", entry.name, times);
  }
}

TEST_CASE("idle, without a session") {
  const Entry entry = ours("queued", "off");
  Scene scene(entry, {});
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const auto processes = scene.entrant->processes();
  const Used before = used_by(processes);
  constexpr int idle_s = 10;
  std::this_thread::sleep_for(std::chrono::seconds(idle_s));
  const Used after = used_by(processes);
  const std::vector<double> wake_ups{static_cast<double>(after.wake_ups - before.wake_ups) /
                                     idle_s};
  const Table table("Idle for 10 s", "wake-ups per second; MiB");
  table.add("wake-ups", wake_ups);
  record("idle_wake_ups", "1/s", entry.name, wake_ups);
  const std::vector<double> resident{memory_of(processes).resident_mib};
  table.add("resident memory", resident);
  record("idle_resident", "MiB", entry.name, resident);
}
