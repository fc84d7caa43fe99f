// When the samples of a stream happen, from what a device says block by block.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <doctest/doctest.h>

#include "daemon/echo/timeline.hpp"

using gv::echo::Timeline;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::size_t block = 480;  // 20 ms

std::int64_t index(int n) {
  return static_cast<std::int64_t>(n) * static_cast<std::int64_t>(block);
}

}  // namespace

TEST_CASE("figures that are wrong when a stream starts are corrected at once") {
  Timeline timeline(24000);
  for (int n = 0; n < 9; ++n)
    timeline.observe(index(n), (n * 20 - (n < 3 ? 6 : 0)) * ms, block);
  CHECK(std::abs(timeline.time_of(index(9)) - 180 * ms) < ms / 100);
}

TEST_CASE("a clock that is 100 ppm slow is never more than 5.2 ms away, and never steps") {
  Timeline timeline(24000);
  std::int64_t before = 0;
  for (int n = 0; n < 50 * 300; ++n) {
    const std::int64_t told = std::llround(n * 20e6 * (1 + 100e-6));
    REQUIRE(timeline.observe(index(n), told, block) == 0);
    REQUIRE(std::abs(timeline.time_of(index(n)) - told) < 5'200'000);
    REQUIRE((n == 0 || std::abs(timeline.time_of(index(n)) - before - 20 * ms) < 5'000));
    before = timeline.time_of(index(n));
  }
}

TEST_CASE("times that are told some ms wrong for seconds move nothing") {
  Timeline timeline(24000);
  const int steady = 9;  // blocks, until the time is set
  for (int n = 0; n < 50 * 60; ++n) {
    const std::int64_t wrong = n < steady ? 0 : (n / 500 % 2 == 0 ? 4 : -4) * ms;
    REQUIRE(timeline.observe(index(n), n * 20 * ms + wrong, block) == 0);
    REQUIRE(timeline.time_of(index(n)) == n * 20 * ms);
  }
}

TEST_CASE("one absurd figure moves nothing, two that agree do") {
  Timeline timeline(24000);
  for (int n = 0; n < 100; ++n)
    timeline.observe(index(n), n * 20 * ms, block);
  CHECK(timeline.observe(index(100), (100 * 20 - 150) * ms, block) == 0);
  CHECK(std::abs(timeline.time_of(index(101)) - 2020 * ms) < ms / 100);
  CHECK(timeline.observe(index(101), 2020 * ms, block) == 0);
  CHECK(timeline.observe(index(102), (2040 + 90) * ms, block) == 0);
  CHECK(timeline.observe(index(103), (2060 - 90) * ms, block) == 0);  // and another one
  CHECK(timeline.observe(index(104), 2080 * ms, block) == 0);
  CHECK(timeline.observe(index(105), (2100 + 150) * ms, block) == 0);
  CHECK(timeline.observe(index(106), (2120 + 151) * ms, block) == 151 * 24);
}

TEST_CASE("a pause, and a stream that was cut, are believed at once") {
  Timeline timeline(24000);
  for (int n = 0; n < 100; ++n)
    timeline.observe(index(n), n * 20 * ms, block);
  CHECK(timeline.observe(index(100), (2000 + 5000) * ms, block) == 5000 * 24);
  timeline.expect_break();
  CHECK(timeline.observe(index(101) + 5000 * 24, (2020 + 5100) * ms, block) == 100 * 24);
}

TEST_CASE("a delay that changed by much is followed within some blocks") {
  Timeline timeline(24000);
  for (int n = 0; n < 100; ++n)
    timeline.observe(index(n), n * 20 * ms, block);
  for (int n = 100; n < 106; ++n)
    CHECK(timeline.observe(index(n), (n * 20 + 30) * ms, block) == 0);
  CHECK(std::abs(timeline.time_of(index(106)) - (106 * 20 + 30) * ms) < ms);
}

TEST_CASE("an earlier time is none that moved: nothing makes a stream longer") {
  Timeline timeline(24000);
  for (int n = 0; n < 100; ++n)
    timeline.observe(index(n), n * 20 * ms, block);
  for (int n = 100; n < 300; ++n) {  // as PulseAudio 17 does: 35 ms within two seconds, and back
    const std::int64_t wrong = std::min(n - 100, 300 - n) * ms * 35 / 100;
    REQUIRE(timeline.observe(index(n), n * 20 * ms - wrong, block) == 0);
    REQUIRE(std::abs(timeline.time_of(index(n)) - n * 20 * ms) < ms);
  }
}

TEST_CASE("a smaller change is followed when it has lasted for six seconds, and only then") {
  Timeline timeline(24000);
  const auto tell = [&timeline](int from, int to, int wrong_ms) {
    for (int n = from; n < to; ++n)
      CHECK(timeline.observe(index(n), (n * 20 + wrong_ms) * ms, block) == 0);
    return timeline.time_of(index(to)) - to * 20 * ms;
  };
  tell(0, 100, 0);
  CHECK(std::abs(tell(100, 300, -18)) < ms);  // as PulseAudio 17 does
  CHECK(std::abs(tell(300, 350, 3)) < ms);
  CHECK(std::abs(tell(350, 550, 18)) < ms);
  CHECK(std::abs(tell(550, 750, -18)) < ms);  // and not both together
  CHECK(std::abs(tell(750, 840, -18)) < ms);
  CHECK(std::abs(tell(840, 870, -18) + 18 * ms) < ms);
  CHECK(std::abs(tell(870, 1160, 6) + 18 * ms) < ms);
  CHECK(std::abs(tell(1160, 1190, 6) - 6 * ms) < ms);
  CHECK(std::abs(tell(1190, 1200, 30) - 6 * ms) < ms);  // 24 more
}
