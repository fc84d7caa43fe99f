// Delays that no device tells of: they are found by ear, and only where there is an echo.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/echo/bed.hpp"
#include "tests/echo/speech.hpp"

using gv::test::Outcome;
using gv::test::Scene;
using gv::test::Signal;

namespace {

// A library that leaves more finds some delays itself. Where it does not it begins anew, and takes
// what it then hears for the room's noise.
double least(const Scene& scene, double erle_db) {
  const double untold_ms = -scene.delay_bias_ms;
  const bool anew = gv::test::leaves_more() && (untold_ms < 0 || untold_ms > 400);
  return gv::test::least_erle_db(scene.room, erle_db) - (anew ? 5 : 0);
}

constexpr std::size_t seconds = 14;

Scene talk() {
  static const Signal spoken =
      gv::test::speak("en-us+m3", gv::test::lecture().substr(0, 400), 24000);
  Scene scene;
  scene.far = spoken;
  scene.far.resize(seconds * 24000);
  return scene;
}

Signal somebody(double level) {
  Signal near = gv::test::speak("en-us+f3", gv::test::lecture().substr(400, 400), 16000);
  near.resize(seconds * 16000);
  gv::test::set_level(near, level, 16000);
  near.insert(near.begin(), 16000, 0);
  return near;
}

// untold_ms below 0: the device tells too much.
void set_untold(Scene& scene, double untold_ms) {
  scene.device_delay_ms = 100 + untold_ms;
  scene.delay_bias_ms = -untold_ms;
}

Outcome report(const Scene& scene) {
  Outcome outcome = gv::test::play(scene);
  std::printf("%-12s untold %4.0f ms   found %4.0f   ERLE %5.1f dB\n", scene.room.name.c_str(),
              -scene.delay_bias_ms, outcome.untold_ms, gv::test::erle_db(outcome));
  return outcome;
}

}  // namespace

TEST_CASE("40 dB in every room, whatever is not told of") {
  Scene scene = talk();
  for (const gv::test::Room& room : gv::test::rooms()) {
    scene.room = room;
    for (const double untold : {-80, 0, 40, 100, 250, 400, 900}) {
      CAPTURE(room.name);
      CAPTURE(untold);
      set_untold(scene, untold);
      const Outcome outcome = report(scene);
      CHECK(erle_db(outcome) >= least(scene, 40));
      CHECK(outcome.echo_found);
      CHECK(outcome.untold_ms >= untold - 40);
      CHECK(outcome.untold_ms <= untold + 30);
    }
  }
}

// Until it is found, a late echo passes for somebody who speaks, whom the canceller then spares.
TEST_CASE("an echo as loud as words is nobody's once its delay was found") {
  Scene scene = talk();
  unsigned acts = 0;
  for (const gv::test::Room& room : gv::test::rooms()) {
    scene.room = room;
    for (const double untold : {100, 150, 200, 300, 400}) {
      CAPTURE(room.name);
      CAPTURE(untold);
      set_untold(scene, untold);
      scene.echo_dbfs = -9;
      const Outcome outcome = report(scene);
      CHECK(events(outcome, gv::echo::NearSpeech::State::confirmed) == 0);
      CHECK(erle_db(outcome) >= least(scene, 40));
      acts += static_cast<unsigned>(outcome.acts.size());
    }
  }
  CHECK(acts <= 2);  // softer once, and back
}

// The canceller then has a second left of the three.
TEST_CASE("a second and a half") {
  Scene scene = talk();
  set_untold(scene, 1500);
  const Outcome outcome = report(scene);
  CHECK(outcome.untold_ms == doctest::Approx(1490).epsilon(0.02));
  CHECK(erle_db(outcome) >= 18);
}

TEST_CASE("with a bad loudspeaker, clocks that differ and noise: 30 dB") {
  Scene scene = talk();
  scene.room = gv::test::rooms()[2];
  set_untold(scene, 250);
  SUBCASE("loudspeaker") {
    scene.overdriven_dbfs = -18;
    scene.echo_dbfs = -16;
    CHECK(erle_db(report(scene)) >= least(scene, 30));
  }
  SUBCASE("clocks") {
    scene.drift_ppm = 100;
    CHECK(erle_db(report(scene)) >= least(scene, 30));
  }
  SUBCASE("noise") {
    scene.noise_dbfs = -46;
    CHECK(erle_db(report(scene)) >= least(scene, 17));
  }
}

TEST_CASE("what the device tells rightly is not touched") {
  Scene scene = talk();
  for (const gv::test::Room& room : gv::test::rooms()) {
    scene.room = room;
    for (const double bias : {-10, 0, 5}) {
      CAPTURE(room.name);
      scene.delay_bias_ms = bias;
      CHECK(report(scene).untold_ms == 0);
    }
  }
}

TEST_CASE("found while somebody talks over it") {
  Scene scene = talk();
  scene.room = gv::test::rooms()[1];
  set_untold(scene, 250);
  scene.near = somebody(-28);
  const Outcome outcome = report(scene);
  CHECK(outcome.untold_ms == doctest::Approx(235).epsilon(0.12));
}

// Nothing is left of the sound but when it comes: no canceller can help, and it says so.
TEST_CASE("a room in which the canceller does not help is told from one in which it does") {
  Scene scene = talk();
  scene.room = gv::test::rooms()[1];
  CHECK(gv::test::play(scene).measures.bad_s() == 0);
  scene.near = somebody(-20);
  CHECK(gv::test::play(scene).measures.bad_s() <= 1);
  scene.near.clear();
  scene.noise_dbfs = -30;
  CHECK(gv::test::play(scene).measures.bad_s() <= 1);
  scene.noise_dbfs = -75;
  scene.crushed = true;
  const Outcome outcome = report(scene);
  CHECK(outcome.echo_found);
  CHECK(outcome.measures.bad_s() >= 5);  // where `auto` gives it up
  CHECK(*outcome.measures.erle_db() < 8);
}

TEST_CASE("on headphones there is no echo to be found, whatever is said") {
  Scene scene = talk();
  scene.echo_dbfs = -95;
  for (const double level : {-20, -35}) {
    scene.near = somebody(level);
    const Outcome outcome = report(scene);
    CHECK(outcome.untold_ms == 0);
    CHECK_FALSE(outcome.echo_found);
    CHECK_FALSE(outcome.measures.erle_db());
    CHECK(outcome.measures.bad_s() == 0);
  }
}
