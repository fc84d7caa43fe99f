// An hour in which only the far end speaks: how often what is left of it passes for the user's
// voice, and what the reflex then does. Rooms, bad loudspeakers and clocks take turns; the far end
// never pauses for long.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/echo/bed.hpp"
#include "tests/echo/speech.hpp"

using gv::echo::NearSpeech;
using Command = gv::audio::BargeIn::Command;
using gv::test::Outcome;
using gv::test::Scene;
using gv::test::Signal;

namespace {

constexpr double scene_s = 600;

Signal ten_minutes() {
  Signal both = gv::test::speak("en-us+m3", gv::test::lecture(), 24000);
  const Signal other = gv::test::speak("en-gb+f4", gv::test::lecture(), 24000);
  both.insert(both.end(), other.begin(), other.end());
  Signal result;
  while (result.size() < static_cast<std::size_t>(scene_s) * 24000)
    result.insert(result.end(), both.begin(), both.end());
  result.resize(static_cast<std::size_t>(scene_s) * 24000);
  return result;
}

}  // namespace

TEST_CASE("no self-interruption in an hour") {
  Scene scene;
  scene.far = ten_minutes();
  unsigned possible = 0;
  unsigned confirmed = 0;
  unsigned ducks = 0;
  unsigned holds = 0;
  for (unsigned part = 0; part < 6; ++part) {
    scene.room = gv::test::rooms()[part % gv::test::rooms().size()];
    scene.device_delay_ms = 20 + 50 * part;
    scene.overdriven_dbfs = part % 2 == 0 ? -18 : 20;
    scene.echo_dbfs = part % 3 == 0 ? -16 : -26;
    scene.drift_ppm = part == 3 ? 100 : part == 5 ? -100 : 0;
    scene.noise_dbfs = part == 4 ? -50 : -70;
    const Outcome outcome = gv::test::play(scene);
    const unsigned noticed = gv::test::events(outcome, NearSpeech::State::possible);
    const unsigned sure = gv::test::events(outcome, NearSpeech::State::confirmed);
    const unsigned ducked = gv::test::acts(outcome, Command::duck);
    const unsigned held = gv::test::acts(outcome, Command::hold);
    possible += noticed;
    confirmed += sure;
    ducks += ducked;
    holds += held;
    std::printf(
        "%-12s echo %3.0f dBFS, loudspeaker %s, drift %+4.0f ppm, noise %3.0f dBFS: ERLE %4.1f dB, "
        "%u noticed, %u sure; softer %u times, silent %u times; %.2f %% of a core\n",
        scene.room.name.c_str(), scene.echo_dbfs,
        scene.overdriven_dbfs < 0 ? "overdriven" : "linear", scene.drift_ppm, scene.noise_dbfs,
        gv::test::erle_db(outcome), noticed, sure, ducked, held, 100 * outcome.cpu_s / scene_s);
  }
  std::printf("in the hour: softer %u times, silent %u times\n", ducks, holds);
  CHECK(holds == 0);
  CHECK(ducks <= 10);
  CHECK(confirmed == 0);
  CHECK(possible <= 10);
}
