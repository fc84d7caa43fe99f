// The library behind the port, as it is built in.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <random>

#include <doctest/doctest.h>

#include "daemon/echo/canceller.hpp"

using gv::echo::Canceller;
using gv::echo::frame_samples;
using gv::echo::Settings;

namespace {

using Samples = std::array<std::int16_t, frame_samples>;

double power(const Samples& frame) {
  double sum = 0;
  for (const double sample : frame)
    sum += sample * sample;
  return sum / frame_samples;
}

// White noise through a speaker that is heard 30 ms later. Gives what is taken of it, in dB, over
// the last second.
double cancelled_db(Canceller& canceller, bool far_known) {
  std::minstd_rand random(3);
  std::normal_distribution<double> normal(0, 2000);
  std::array<Samples, 4> played{};
  double before = 0;
  double after = 0;
  for (std::size_t n = 0; n < 500; ++n) {
    Samples& far = played[n % played.size()];
    for (std::int16_t& sample : far)
      sample = static_cast<std::int16_t>(normal(random));
    Samples near = played[(n + 1) % played.size()];
    const double heard = power(near);
    canceller.process(near, far_known ? far : Samples{});
    if (n < 400) continue;
    before += heard;
    after += power(near);
  }
  return 10 * std::log10(before / std::max(1.0, after));
}

}  // namespace

TEST_CASE("an echo is taken away, anything else is not") {
  if (!gv::echo::cancellation_built_in()) {
    CHECK(gv::echo::make_canceller({}) == nullptr);
    return;
  }
  const std::unique_ptr<Canceller> canceller = gv::echo::make_canceller({});
  REQUIRE(canceller);
  CHECK(cancelled_db(*canceller, true) > 20);
  canceller->reset();
  CHECK(std::abs(cancelled_db(*canceller, false)) < 1);
  CHECK(canceller->refused() == 0);
}

TEST_CASE("where the far end moves the echo is taken away again, and a delay is found or not") {
  if (!gv::echo::cancellation_built_in()) return;
  const std::unique_ptr<Canceller> canceller = gv::echo::make_canceller({});
  REQUIRE(canceller);
  CHECK_FALSE(canceller->finds(0));
  CHECK_FALSE(canceller->finds(30'000'000));
  CHECK(cancelled_db(*canceller, true) > 20);
  CHECK_FALSE(canceller->finds(300'000'000));
  // A library whose residue is told from words by that has also a delay to tell of.
  CHECK(canceller->finds(30'000'000) == canceller->residue().beyond_frames.has_value());
  canceller->far_moved();
  CHECK_FALSE(canceller->finds(30'000'000));
  CHECK(cancelled_db(*canceller, true) > 20);
  CHECK(canceller->refused() == 0);
}

TEST_CASE("every setting is accepted, and the high-pass takes a hum") {
  if (!gv::echo::cancellation_built_in()) return;
  for (const bool high_pass : {true, false}) {
    CAPTURE(high_pass);
    const std::unique_ptr<Canceller> canceller = gv::echo::make_canceller(
        {.high_pass = high_pass, .noise_suppression = !high_pass, .gain_control = !high_pass});
    REQUIRE(canceller);
    double hum = 0;
    double left = 0;
    for (std::size_t n = 0; n < 200; ++n) {
      Samples near{};
      for (std::size_t k = 0; k < frame_samples; ++k) {
        near[k] = static_cast<std::int16_t>(
            6000 *
            std::sin(2 * 3.14159265 * 25 * static_cast<double>(n * frame_samples + k) / 16000));
      }
      if (n >= 20) hum += power(near);
      canceller->process(near, Samples{});
      canceller->favour_near(n % 2 == 0);
      if (n >= 20) left += power(near);
    }
    CHECK(canceller->refused() == 0);
    if (high_pass) CHECK(left < hum / 10);
  }
}

TEST_CASE("without the high-pass alone the hum stays") {
  if (!gv::echo::cancellation_built_in()) return;
  const std::unique_ptr<Canceller> canceller = gv::echo::make_canceller({.high_pass = false});
  REQUIRE(canceller);
  CHECK(std::abs(cancelled_db(*canceller, false)) < 1);
}
