// A sound server that is there and does nothing: calls into libasound may never return.
#include <doctest/doctest.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_pulse_server.hpp"

using namespace gv;
using namespace gv::test;

namespace {

const std::string speaker = "pulse:speaker";
const std::string microphone = "pulse:mic";

}  // namespace

TEST_CASE("a server that is late by 1.5 s loses nothing") {
  PulseServer server;
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  bench.say(1, Samples(24000 * 4, 500));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty() && !bench.log.chunks.empty(); }));
  server.freeze();
  bench.pass(1500);
  server.unfreeze();
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  CHECK(bench.log.capture_losses.empty());
  CHECK(bench.log.playback_losses.empty());
  CHECK_FALSE(bench.log.ends[0].cut);
}

TEST_CASE("a frozen server is lost in both directions, and back when it thaws") {
  PulseServer server;
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  bench.say(1, Samples(24000 * 4, 500));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty() && !bench.log.chunks.empty(); }));
  server.freeze();
  REQUIRE(bench.until([&bench] { return !bench.log.capture_open && !bench.log.playback_open; }));
  server.unfreeze();
  REQUIRE(bench.until([&bench] { return bench.log.capture_open && bench.log.playback_open; }));
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  const std::size_t chunks = bench.log.chunks.size();
  REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
  CHECK(bench.log.capture_losses.size() == 1);
  CHECK(bench.log.playback_losses.size() == 1);
}

TEST_CASE(
    "an opening that hangs: closing is answered, the end does not wait, and it fails at last") {
  PulseServer server;
  std::int64_t end_ns = 0;
  {
    Bench bench;
    server.freeze();
    bench.engine->open_capture({.devices = {microphone}});
    bench.engine->open_playback({.devices = {speaker}});
    bench.pass(300);
    bench.engine->close_capture();
    const std::int64_t asked_ns = audio::now_ns();
    REQUIRE(bench.until([&bench] { return bench.log.closed == 1; }));
    CHECK(audio::now_ns() - asked_ns < 1'000'000'000);
    // The thread that hangs is still there: the next request waits for it, but not for ever.
    bench.engine->open_capture({.devices = {microphone}});
    REQUIRE(bench.until([&bench] { return bench.log.failures.size() == 2; }));
    for (const Failure& failure : bench.log.failures) {
      MESSAGE(failure.message);
      CHECK(failure.message.find("does not answer") != std::string::npos);
    }
    end_ns = audio::now_ns();
  }
  CHECK(audio::now_ns() - end_ns < 1'500'000'000);
  server.unfreeze();

  Bench bench;
  CHECK(bench.open_capture(microphone));
  CHECK(bench.open_playback(speaker));
}
