// How much of the echo is taken away: rooms, delays, bad loudspeakers, clocks that differ, noise.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include "tests/echo/bed.hpp"
#include "tests/echo/speech.hpp"

using gv::test::Outcome;
using gv::test::Scene;

namespace {

constexpr std::size_t far_samples = 14 * 24000;

Scene talk() {
  static const gv::test::Signal spoken =
      gv::test::speak("en-us+m3", gv::test::lecture().substr(0, 400), 24000);
  Scene scene;
  scene.far = spoken;
  scene.far.resize(far_samples);
  return scene;
}

Outcome report(const char* what, const Scene& scene) {
  Outcome outcome = gv::test::play(scene);
  std::printf(
      "%-22s %-12s device %3.0f ms %+3.0f   drift %+4.0f ppm   noise %3.0f   ERLE %5.1f dB\n", what,
      scene.room.name.c_str(), scene.device_delay_ms, scene.delay_bias_ms, scene.drift_ppm,
      scene.noise_dbfs, gv::test::erle_db(outcome));
  return outcome;
}

}  // namespace

TEST_CASE("linear rooms: 40 dB whatever the device's delay") {
  Scene scene = talk();
  for (const gv::test::Room& room : gv::test::rooms()) {
    scene.room = room;
    for (const double delay : {5, 40, 120, 250, 300}) {
      scene.device_delay_ms = delay;
      CAPTURE(room.name);
      CAPTURE(delay);
      CHECK(erle_db(report("linear", scene)) >= gv::test::least_erle_db(scene.room, 40));
    }
  }
}

TEST_CASE("a device that is always wrong by some ms") {
  Scene scene = talk();
  scene.device_delay_ms = 120;
  for (const double bias : {-10, -5, 5, 10}) {
    scene.delay_bias_ms = bias;
    CAPTURE(bias);
    CHECK(erle_db(report("delay is wrong", scene)) >= gv::test::least_erle_db(scene.room, 40));
  }
}

TEST_CASE("a bad loudspeaker, and clocks that differ: 30 dB") {
  Scene scene = talk();
  for (const gv::test::Room& room : gv::test::rooms()) {
    CAPTURE(room.name);
    scene.room = room;
    scene.overdriven_dbfs = -18;
    CHECK(erle_db(report("loudspeaker overdriven", scene)) >=
          gv::test::least_erle_db(scene.room, 30));
    scene.echo_dbfs = -16;
    CHECK(erle_db(report("the same, loud", scene)) >= gv::test::least_erle_db(scene.room, 30));
    scene.echo_dbfs = -26;
    scene.overdriven_dbfs = 20;
    for (const double drift : {-100, 100}) {
      scene.drift_ppm = drift;
      CHECK(erle_db(report("clocks differ", scene)) >= gv::test::least_erle_db(scene.room, 30));
    }
    scene.drift_ppm = 0;
  }
}

// Noise stays, and the canceller fills what it takes with noise: what it cannot do is go below.
TEST_CASE("in noise no more is left than the noise") {
  Scene scene = talk();
  scene.room = gv::test::rooms()[1];
  for (const double noise : {-66, -56, -46, -36}) {
    scene.noise_dbfs = noise;
    CAPTURE(noise);
    CHECK(erle_db(report("noise", scene)) >=
          gv::test::least_erle_db(scene.room, scene.echo_dbfs - noise - 3));
  }
}

TEST_CASE("the filter's own figure agrees") {
  Scene scene = talk();
  const Outcome outcome = gv::test::play(scene);
  REQUIRE(outcome.measures.erle_db());
  CHECK(*outcome.measures.erle_db() == doctest::Approx(erle_db(outcome)).epsilon(0.1));
  REQUIRE(outcome.measures.coupling_db());
  // The far end is at -20, its echo at -26.
  CHECK(*outcome.measures.coupling_db() == doctest::Approx(-6).epsilon(0.35));
}
