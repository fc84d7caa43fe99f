// Words against what is left of an echo, for a library that takes much of it and one that does not.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>

#include <doctest/doctest.h>

#include "daemon/echo/measures.hpp"
#include "daemon/echo/near_speech.hpp"

using gv::echo::NearSpeech;
using gv::echo::Residue;
using State = NearSpeech::State;

namespace {

constexpr int believed = 100;
constexpr Residue takes_much{};
constexpr Residue passes_for_words{.beyond_frames = believed, .room_frames = 50};
constexpr std::array both{takes_much, passes_for_words};

// While the far end speaks.
NearSpeech::Heard voice(double taken_db, bool beyond_echo = false) {
  return {.voice = true,
          .captured_dbfs = -25,
          .cleaned_dbfs = -25 - taken_db,
          .floor_dbfs = -70,
          .far_active = true,
          .beyond_echo = beyond_echo};
}

NearSpeech::Heard silence() {
  return {.captured_dbfs = -70, .cleaned_dbfs = -75, .floor_dbfs = -70, .far_active = true};
}

State hear(NearSpeech& ear, const NearSpeech::Heard& frame, int frames) {
  for (int n = 0; n < frames; ++n)
    ear.add(frame);
  return ear.state();
}

// Until it is that for the first time; -1: never within three seconds.
int frames_until(NearSpeech& ear, const NearSpeech::Heard& frame, State state) {
  for (int n = 1; n <= 300; ++n) {
    if (ear.add(frame) == state) return n;
  }
  return -1;
}

}  // namespace

TEST_CASE("words into silence need nothing but a voice") {
  for (const Residue& residue : both) {
    CAPTURE(residue.room_frames);
    NearSpeech ear(residue);
    NearSpeech::Heard words = voice(0);
    words.far_active = false;
    CHECK(hear(ear, words, 1) == State::silent);
    CHECK(frames_until(ear, words, State::possible) <= 3);
    CHECK(frames_until(ear, words, State::confirmed) <= 14);
    CHECK(frames_until(ear, silence(), State::silent) <= 80);
  }
}

TEST_CASE("what is left of an echo is nobody's, where much was taken") {
  for (const Residue& residue : both) {
    CAPTURE(residue.room_frames);
    NearSpeech ear(residue);
    CHECK(frames_until(ear, voice(26), State::possible) == -1);
  }
}

TEST_CASE("the microphone is louder than the echo: possible at once, confirmed by a voice alone") {
  for (const Residue& residue : both) {
    CAPTURE(residue.room_frames);
    NearSpeech ear(residue);
    NearSpeech::Heard cough = voice(3, true);
    cough.voice = false;
    CHECK(hear(ear, cough, 1) == State::possible);
    CHECK(hear(ear, cough, 50) == State::possible);
    CHECK(frames_until(ear, voice(3), State::confirmed) <= 14);
  }
}

TEST_CASE("words softer than the echo are told by how much was taken, or not at all") {
  NearSpeech ear(takes_much);
  CHECK(frames_until(ear, voice(10), State::confirmed) <= 14);
  NearSpeech doubting(passes_for_words);
  CHECK(frames_until(doubting, voice(10), State::possible) == -1);
}

TEST_CASE("who was louder than the echo is believed for a second") {
  NearSpeech ear(passes_for_words);
  ear.add(voice(3, true));
  CHECK(hear(ear, voice(10), believed - 1) == State::confirmed);
  CHECK(frames_until(ear, voice(10), State::silent) > 0);
  // And again, with the next word that is.
  ear.add(voice(3, true));
  CHECK(frames_until(ear, voice(10), State::confirmed) <= 14);
}

TEST_CASE("a microphone that is loud while nothing plays proves nothing about what plays then") {
  NearSpeech ear(passes_for_words);
  NearSpeech::Heard words = voice(0, true);
  words.far_active = false;
  hear(ear, words, 100);
  CHECK(frames_until(ear, voice(10), State::silent) > 0);
}

TEST_CASE("reset() forgets who spoke, and not what the library leaves") {
  NearSpeech ear(passes_for_words);
  hear(ear, voice(3, true), 20);
  ear.reset();
  CHECK(ear.state() == State::silent);
  CHECK(frames_until(ear, voice(10), State::possible) == -1);
}

TEST_CASE("the far end is heard until nothing is left of it") {
  for (const Residue& residue : both) {
    gv::echo::Measures measures(residue);
    const std::array<std::int16_t, gv::echo::frame_samples> nothing{};
    std::array<std::int16_t, gv::echo::frame_samples> sound{};
    sound.fill(1000);
    measures.add(nothing, nothing, sound, 0);
    int frames = 0;
    for (; measures.far_active() && frames < 1000; ++frames)
      measures.add(nothing, nothing, nothing, 0);
    CHECK(frames == residue.room_frames);
    measures.reset();
    measures.add(nothing, nothing, sound, 0);
    for (int n = 1; n < residue.room_frames; ++n)
      measures.add(nothing, nothing, nothing, 0);
    CHECK(measures.far_active());
  }
}
