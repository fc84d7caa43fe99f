// What the main thread asks for at the very moment at which the sound server calls the audio
// thread: both are found at one wake-up.
#include <cstdint>

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_pulse_server.hpp"
#include "tests/support/threads.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// Leaves the audio thread what this thread leaves of one processor.
class Starved {
 public:
  Starved() : thread_(thread_named(::getpid(), "audio")) {
    REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    REQUIRE(sched_setaffinity(thread_, sizeof one, &one) == 0);
    const sched_param none{};
    REQUIRE(sched_setscheduler(thread_, SCHED_IDLE, &none) == 0);
  }
  ~Starved() {
    const sched_param none{};
    sched_setscheduler(thread_, SCHED_OTHER, &none);
    sched_setaffinity(thread_, sizeof before_, &before_);
    sched_setaffinity(0, sizeof before_, &before_);
  }
  Starved(const Starved&) = delete;
  Starved& operator=(const Starved&) = delete;

 private:
  pid_t thread_;
  cpu_set_t before_{};
};

void work_for(std::int64_t ms) {
  const std::int64_t end = audio::now_ns() + ms * 1'000'000;
  while (audio::now_ns() < end) {
  }
}

}  // namespace

TEST_CASE("flush while the server asks for more") {
  const PulseServer server;
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  for (std::uint64_t turn = 1; turn <= 15; ++turn) {
    bench.say(turn, Samples(24000, 1000));
    bench.end(turn);
    REQUIRE(bench.until([&log = bench.log, turn] { return log.starts.size() == turn; }));
    bench.pass(60);
    {
      const Starved starved;
      work_for(40);  // the server has room by now, and said so
      bench.engine->flush();
    }
    REQUIRE(bench.until([&log = bench.log, turn] { return log.ends.size() == turn; }));
    CHECK(bench.log.ends.back().cut);
  }
  CHECK(bench.log.playback_losses.empty());
}
