// Levels: one convention for statistics, meters and doctor.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/util/level.hpp"

using namespace gv;

TEST_CASE("a sine at the limits is 0 dBFS, a square wave 3 more, and half as much 6 less") {
  std::vector<std::int16_t> sine(16000);
  std::vector<std::int16_t> half(16000);
  for (std::size_t i = 0; i < sine.size(); ++i) {
    sine[i] = static_cast<std::int16_t>(32767 * std::sin(0.1 * static_cast<double>(i)));
    half[i] = static_cast<std::int16_t>(sine[i] / 2);
  }
  CHECK(std::abs(dbfs(sine)) < 0.01);
  CHECK(dbfs(half) == doctest::Approx(-6.02).epsilon(0.01));
  CHECK(dbfs(std::vector<std::int16_t>(100, 32767)) == doctest::Approx(3.01).epsilon(0.01));
}

TEST_CASE("silence has a level, too, and so has nothing at all") {
  CHECK(dbfs(std::vector<std::int16_t>(100)) == silence_dbfs);
  CHECK(dbfs(std::span<const std::int16_t>()) == silence_dbfs);
  std::vector<std::int16_t> one_bit(16000);
  one_bit[7] = 1;
  CHECK(dbfs(one_bit) == silence_dbfs);
}

TEST_CASE("mean square") {
  CHECK(mean_square(std::vector<std::int16_t>{3, -4}) == 12.5);
  CHECK(mean_square({}) == 0);
}
