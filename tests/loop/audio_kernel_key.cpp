// What is said under the talk key, over an answer: the first syllables are what it is for.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_kernel.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// An answer plays; whoever presses the key cuts it, and speaks already. Gives the loudest thing
// that is heard within 100 ms.
int heard_at_once(bool by_key) {
  Bench bench;
  REQUIRE(bench.open_capture(
      {.devices = {microphone}, .echo = audio::EchoHandling::half_duplex, .by_key = by_key}));
  REQUIRE(bench.open_playback(speaker));
  bench.say(1, Samples(24000 * 5, 500));
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  const Player player(mouth, audio::capture_rate, Samples(audio::capture_rate * 4, 3000));
  REQUIRE(bench.until([&player] { return player.first_ns() != 0; }));
  bench.pass(300);
  bench.engine->flush();
  const std::size_t pressed = bench.log.heard.size();
  bench.pass(100);
  REQUIRE(bench.log.heard.size() > pressed);
  return *std::max_element(bench.log.heard.begin() + static_cast<std::ptrdiff_t>(pressed),
                           bench.log.heard.end());
}

}  // namespace

TEST_CASE("half-duplex keeps nothing back that is said under the key") {
  CHECK(heard_at_once(true) >= 2900);
  CHECK(heard_at_once(false) == 0);
}
