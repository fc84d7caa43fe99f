// No memory in the audio thread: the conversation is disturbed, and not ended.
#include <cstdlib>
#include <cstring>
#include <new>

#include <doctest/doctest.h>
#include <pthread.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_pulse_server.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// How many of the audio thread's next allocations fail.
std::atomic<int> failures_due{0};

bool fails_now() {
  if (failures_due <= 0) return false;
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  return std::strcmp(name, "audio") == 0 && failures_due-- > 0;
}

}  // namespace

// Of this whole program.
void* operator new(std::size_t size) {
  void* memory = fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

TEST_CASE("no memory in mid-answer: both devices are lost and come back, the answer ends") {
  const PulseServer server;
  Bench bench;
  REQUIRE(bench.converse(microphone, speaker, 2));
  failures_due = 1;  // the silence that ends the answer finds no memory
  REQUIRE(bench.until([&bench] { return !bench.log.playback_losses.empty(); }));
  MESSAGE(bench.log.playback_losses[0].message);
  REQUIRE(bench.until([&bench] { return bench.log.playback_open && bench.log.capture_open; }));
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  const std::size_t chunks = bench.log.chunks.size();
  REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
  CHECK(bench.engine->counters().faults == 1);
  bench.say(2, Samples(24000, 500));
  bench.end(2);
  REQUIRE(bench.until([&bench] { return bench.log.ends.size() == 2; }));
  CHECK(bench.log.ends[1].heard_ms == 1000);
  CHECK_FALSE(bench.log.ends[1].cut);
}

TEST_CASE("no memory for a while around a loss: both devices come back all the same") {
  PulseServer server;
  Bench bench;
  for (int due = 2; due <= 8; ++due) {
    CAPTURE(due);
    REQUIRE(bench.converse(microphone, speaker, 2));
    failures_due = due;
    // What was reported as lost is open again, and delivers.
    const auto whole = [&bench] { return bench.log.capture_open && bench.log.playback_open; };
    const auto turn = static_cast<std::uint64_t>(due);
    REQUIRE(bench.until([whole] { return failures_due <= 0 && whole(); }));
    const std::size_t chunks = bench.log.chunks.size();
    REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
    REQUIRE(bench.until(whole));
    bench.engine->flush();
    bench.log.ends.clear();
    bench.say(turn, Samples(2400, 500));
    bench.end(turn);
    REQUIRE(bench.until(
        [&bench, turn] { return !bench.log.ends.empty() && bench.log.ends.back().turn == turn; }));
    bench.engine->close_capture();
    bench.engine->close_playback();
    REQUIRE(bench.until([&bench, due] { return bench.log.closed == 2 * (due - 1); }));
    bench.log.starts.clear();
    bench.log.chunks.clear();
  }
}

TEST_CASE("no memory for an order: it is refused, and the next ones are obeyed") {
  const PulseServer server;
  Bench bench;
  bench.pass(50);
  failures_due = 1;
  bench.engine->open_capture({.devices = {"a name that is too long to be kept in the string"}});
  REQUIRE(bench.until([&bench] { return bench.log.failures.size() == 1; }));
  MESSAGE(bench.log.failures[0].message);
  CHECK(bench.engine->counters().faults == 1);
  CHECK(bench.open_capture(microphone));
}
