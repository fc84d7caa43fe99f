// The microphone against what the speaker can make of it; a room that is a delay and a gain.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <utility>

#include <doctest/doctest.h>

#include "daemon/echo/double_talk.hpp"

using gv::echo::DoubleTalk;

namespace {

constexpr std::size_t length = gv::echo::frame_samples;
using Samples = std::array<std::int16_t, length>;

struct Bench {
  DoubleTalk ear;
  std::minstd_rand random{5};
  std::deque<Samples> played;
  double gain = 0.3;
  double far_level = 4000;

  Samples noise(double level) {
    Samples samples{};
    if (level == 0) return samples;
    std::normal_distribution<double> normal(0, level);
    for (std::int16_t& sample : samples)
      sample = static_cast<std::int16_t>(std::clamp(normal(random), -32000.0, 32000.0));
    return samples;
  }
  // How many of so many frames were beyond the echo.
  unsigned frames(unsigned count, double near_level, bool learn = true) {
    unsigned beyond = 0;
    for (unsigned n = 0; n < count; ++n) {
      played.push_back(noise(far_level));
      if (played.size() > 4) played.pop_front();
      Samples captured = noise(10);
      const Samples near = noise(near_level);
      for (std::size_t k = 0; k < length; ++k) {
        captured[k] = static_cast<std::int16_t>(
            std::clamp(captured[k] + near[k] + gain * played.front()[k], -32000.0, 32000.0));
      }
      beyond += ear.add(captured, played.back(), learn) ? 1 : 0;
    }
    return beyond;
  }
};

}  // namespace

TEST_CASE("an echo is never beyond itself, loud or soft") {
  Bench bench;
  CHECK(bench.frames(400, 0) == 0);
  bench.far_level = 400;
  CHECK(bench.frames(400, 0) == 0);
  bench.far_level = 8000;
  CHECK(bench.frames(400, 0) == 0);
}

TEST_CASE("who is louder than the echo is noticed within 50 ms, and only while he speaks") {
  for (const double times : {2.0, 4.0}) {
    CAPTURE(times);
    Bench bench;
    bench.frames(400, 0);
    const double level = times * bench.gain * bench.far_level;
    CHECK(bench.frames(5, level) >= 2);
    CHECK(bench.frames(20, level, false) >= 15);
    bench.frames(5, 0);
    CHECK(bench.frames(100, 0) == 0);
  }
}

TEST_CASE("before the room is known nobody is noticed") {
  Bench bench;
  CHECK(bench.frames(100, 8000) == 0);
}

TEST_CASE("a speaker that is turned up is the new echo after a while, whatever is thought of it") {
  Bench bench;
  bench.frames(400, 0);
  bench.gain = 1;
  CHECK(bench.frames(100, 0, false) > 50);
  bench.frames(400, 0, false);
  CHECK(bench.frames(200, 0, false) == 0);
  // And whoever is louder than that is noticed as soon as before.
  bench.frames(300, 0);
  CHECK(bench.frames(5, 2 * bench.gain * bench.far_level) >= 2);
}

TEST_CASE("who goes on speaking when the far end has fallen silent is not taken for its echo") {
  Bench bench;
  bench.frames(400, 0);
  const double level = 2 * bench.gain * bench.far_level;
  CHECK(bench.frames(30, level, false) >= 20);
  const double far_level = std::exchange(bench.far_level, 0);
  bench.frames(400, level, false);
  bench.far_level = far_level;
  bench.frames(20, 0);
  CHECK(bench.frames(5, level) >= 2);
}

TEST_CASE("a click is shorter than words") {
  Bench bench;
  bench.frames(400, 0);
  for (int n = 0; n < 10; ++n) {
    CHECK(bench.frames(1, 5000) == 0);
    CHECK(bench.frames(10, 0) == 0);
  }
}

TEST_CASE("reset() forgets the room") {
  Bench bench;
  bench.frames(400, 0);
  bench.ear.reset();
  CHECK(bench.frames(100, 8000) == 0);
}
