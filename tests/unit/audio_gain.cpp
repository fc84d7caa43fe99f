#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/gain.hpp"

using gv::audio::Gain;

TEST_CASE("a ramp goes from what the gain is to what it shall be, and stays there") {
  Gain gain;
  CHECK(gain.at(0) == 1);
  gain.ramp(1000, 0.5, 100);
  CHECK(gain.at(999) == 1);
  CHECK(gain.at(1000) == 1);
  CHECK(gain.at(1050) == doctest::Approx(0.75));
  CHECK(gain.at(1100) == 0.5);
  CHECK(gain.at(90000) == 0.5);
  gain.ramp(1050, 0, 50);  // before it was there
  CHECK(gain.at(1050) == doctest::Approx(0.75));
  CHECK(gain.at(1075) == doctest::Approx(0.375));
  CHECK(gain.at(1100) == 0);
  gain.reset();
  CHECK(gain.at(1075) == 1);
}

TEST_CASE("the same position gets the same gain, in whatever pieces") {
  Gain gain;
  gain.ramp_from(0, 10, 1, 120);
  std::vector<std::int16_t> whole(300, 10000);
  std::vector<std::int16_t> pieces = whole;
  gain.apply(0, whole);
  for (std::size_t at = 0; at < pieces.size(); at += 50)
    gain.apply(at, std::span(pieces).subspan(at, 50));
  CHECK(pieces == whole);
  CHECK(whole[10] == 0);
  CHECK(whole[70] == 5000);
  CHECK(whole[130] == 10000);
  for (std::size_t n = 12; n < whole.size(); ++n)
    CHECK(std::abs(whole[n] - whole[n - 1]) < 100);
}

TEST_CASE("full level leaves samples as they are") {
  const Gain gain;
  std::vector<std::int16_t> samples{-32768, 32767, 0, 1, -1};
  const std::vector<std::int16_t> before = samples;
  gain.apply(7, samples);
  CHECK(samples == before);
}

TEST_CASE("where a stream breaks off its end fades away without a step") {
  std::vector<std::int16_t> last;
  for (int n = 0; n < 500; ++n)
    last.push_back(static_cast<std::int16_t>(8000 + 20 * (n % 100)));
  std::vector<std::int16_t> out(120);
  gv::audio::fade_away(last, out);
  CHECK(std::abs(out.front() - last.back()) < 200);
  CHECK(std::abs(out.back()) < 200);
  std::vector<std::int16_t> nothing(120, 5);
  gv::audio::fade_away({}, nothing);
  CHECK(nothing == std::vector<std::int16_t>(120));
}
