// Words said into the far end's: they are noticed, and they are still words afterwards.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/echo/bed.hpp"
#include "tests/echo/intelligibility.hpp"
#include "tests/echo/speech.hpp"
#include "tests/support/voices.hpp"

using gv::echo::NearSpeech;
using Command = gv::audio::BargeIn::Command;
using gv::test::Outcome;
using gv::test::Scene;
using gv::test::Signal;

namespace {

constexpr std::size_t rate = 16000;
constexpr std::size_t said_at = 7 * rate;  // when the canceller knows the room

Scene double_talk(const gv::test::Room& room, double near_dbfs) {
  static const Signal far = gv::test::speak("en-us+m3", gv::test::lecture().substr(0, 500), 24000);
  static const Signal words = gv::test::speak("en-gb+f3", gv::test::remarks(), rate);
  Scene scene;
  scene.room = room;
  scene.far = far;
  scene.far.resize(20 * 24000);
  scene.near = words;
  gv::test::set_level(scene.near, near_dbfs, rate);
  scene.near.insert(scene.near.begin(), said_at, 0);
  return scene;
}

Signal said(const Signal& signal) {
  return {signal.begin() + said_at,
          signal.begin() + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(signal.size()),
                                                    said_at + 10 * rate)};
}

struct Understood {
  double before = 0;
  double after = 0;
  int possible_ms = -1;  // after the first word began
  int confirmed_ms = -1;
  int duck_ms = -1;
  int hold_ms = -1;
};

Understood listen(const Scene& scene) {
  const Outcome outcome = gv::test::play(scene);
  Understood result;
  Signal clean = scene.near;
  clean.resize(outcome.cleaned.size());
  result.before = gv::test::intelligibility(said(clean), said(outcome.captured));
  result.after = gv::test::intelligibility(said(clean), said(outcome.cleaned));
  std::size_t first = said_at;
  while (std::abs(scene.near[first]) < 200)
    ++first;
  for (std::size_t frame = first / 160; frame < outcome.speech.size(); ++frame) {
    const int ms = static_cast<int>(frame + 1) * 10 - static_cast<int>(first / 16);
    if (outcome.speech[frame] != NearSpeech::State::silent && result.possible_ms < 0) {
      result.possible_ms = ms;
    }
    if (outcome.speech[frame] != NearSpeech::State::confirmed) continue;
    result.confirmed_ms = ms;
    break;
  }
  for (const gv::test::Act& act : outcome.acts) {
    const int ms = static_cast<int>(act.frame + 1) * 10 - static_cast<int>(first / 16);
    if (ms < 0) continue;
    if (act.what == Command::duck && result.duck_ms < 0) result.duck_ms = ms;
    if (act.what != Command::hold) continue;
    result.hold_ms = ms;
    break;
  }
  std::printf(
      "%-12s words at %3.0f, echo at %3.0f dBFS: intelligibility %.2f, was %.2f; noticed after %d "
      "ms, "
      "sure after %d ms; softer after %d ms, silent after %d ms\n",
      scene.room.name.c_str(), gv::test::active_level(said(scene.near), rate), scene.echo_dbfs,
      result.after, result.before, result.possible_ms, result.confirmed_ms, result.duck_ms,
      result.hold_ms);
  return result;
}

}  // namespace

TEST_CASE("words as loud as the echo and louder are understood") {
  for (const gv::test::Room& room : gv::test::rooms()) {
    for (const double level : {-14.0, -20.0, -26.0}) {
      CAPTURE(room.name);
      CAPTURE(level);
      const Understood understood = listen(double_talk(room, level));
      CHECK(understood.after > (level > -25 ? 0.75 : 0.6) - (gv::test::leaves_more() ? 0.15 : 0));
      CHECK(understood.possible_ms >= 0);
      CHECK(understood.confirmed_ms >= 0);
      // The words begin with a hiss ("Stop") and a short vowel. What comes besides until the
      // speaker is softer: the wait for the microphone's period, and some ms.
      CHECK(understood.duck_ms <= 50);
      CHECK(understood.hold_ms >= 0);
    }
  }
}

TEST_CASE("somebody who types while the far end speaks changes next to nothing") {
  Scene scene = double_talk(gv::test::rooms()[1], -20);
  const gv::test::Sound keys = gv::test::keyboard(12, rate, -25);
  scene.near.assign(said_at, 0);
  scene.near.insert(scene.near.end(), keys.begin(), keys.end());
  const Outcome outcome = gv::test::play(scene);
  std::printf("typing: softer %u times, silent %u times in 12 s\n",
              gv::test::acts(outcome, Command::duck), gv::test::acts(outcome, Command::hold));
  CHECK(gv::test::acts(outcome, Command::duck) <= 5);
  CHECK(gv::test::acts(outcome, Command::hold) == 0);
}

TEST_CASE("somebody who coughs while the far end speaks makes it softer at most") {
  for (const double level : {-14.0, -20.0, -26.0}) {
    Scene scene = double_talk(gv::test::rooms()[1], -20);
    scene.near.assign(scene.far.size() * 2 / 3, 0);
    const gv::test::Sound cough = gv::test::cough(rate, level);
    for (std::size_t at = said_at; at + cough.size() < scene.near.size(); at += rate * 11 / 10)
      std::copy(cough.begin(), cough.end(), scene.near.begin() + static_cast<std::ptrdiff_t>(at));
    const Outcome outcome = gv::test::play(scene);
    std::printf("coughs at %3.0f dBFS: softer %u times, silent %u times in 12\n", level,
                gv::test::acts(outcome, Command::duck), gv::test::acts(outcome, Command::hold));
    CHECK(gv::test::acts(outcome, Command::hold) == 0);
  }
}

TEST_CASE("whatever the first word is, its vowel is enough") {
  for (const char* voice : {"en-us+m3", "en-us", "de+f2"}) {
    for (const char* words : {"Stop, please.", "Wait a moment.", "No, not that.", "Hey, listen.",
                              "Sorry, what was that?", "Four, not five."}) {
      CAPTURE(voice);
      CAPTURE(words);
      Scene scene;
      scene.room = gv::test::rooms()[1];
      scene.far.assign(std::size_t{10} * 24000, 0);
      scene.far[100] = 1;  // a level cannot be set from nothing
      scene.near = gv::test::speak(voice, words, rate);
      gv::test::set_level(scene.near, -26, rate);
      scene.near.insert(scene.near.begin(), said_at, 0);
      const Understood understood = listen(scene);
      CHECK(understood.duck_ms >= 0);
      CHECK(understood.duck_ms <= 80);
      CHECK(understood.hold_ms >= 0);
      CHECK(understood.hold_ms <= 240);
    }
  }
}

TEST_CASE("without a far end words are not touched") {
  Scene scene = double_talk(gv::test::rooms()[1], -26);
  std::fill(scene.far.begin(), scene.far.end(), 0.0F);
  scene.far[100] = 1;  // a level cannot be set from nothing
  CHECK(listen(scene).after > 0.95);
}
