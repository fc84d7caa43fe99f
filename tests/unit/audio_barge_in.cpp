#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/barge_in.hpp"
#include "tests/support/voices.hpp"

using gv::audio::BargeIn;
using namespace gv::test;

namespace {

constexpr unsigned rate = 16000;
constexpr std::int64_t ms = 1'000'000;

struct Act {
  char what;  // d, h, r
  int at_ms;  // end of the frame
  int speech_ms;
};

std::string said(const std::vector<Act>& acts) {
  std::string out;
  for (const Act& act : acts)
    out += act.what;
  return out;
}

// Feeds a microphone in which there is `sound` after a second of a quiet room.
std::vector<Act> hear(BargeIn& reflex, const Sound& sound, double after_s = 2, double room_db = -65,
                      bool audible = true, std::optional<bool> speech = std::nullopt) {
  Sound all = hiss(1 + after_s + static_cast<double>(sound.size()) / rate, rate, room_db);
  mix(all, sound, rate);
  std::vector<Act> acts;
  for (std::size_t at = 0; at + BargeIn::frame <= all.size(); at += BargeIn::frame) {
    const auto frame = std::span<const std::int16_t>(all).subspan(at).first<BargeIn::frame>();
    const int end_ms = static_cast<int>((at + BargeIn::frame) * 1000 / rate) - 1000;
    const auto command = reflex.feed(frame, speech, audible, (end_ms + 10000) * ms);
    if (command == BargeIn::Command::none) continue;
    const char what = command == BargeIn::Command::duck   ? 'd'
                      : command == BargeIn::Command::hold ? 'h'
                                                          : 'r';
    acts.push_back({what, end_ms, static_cast<int>(reflex.speech_ns() / ms) - 10000});
  }
  return acts;
}

}  // namespace

TEST_CASE("a voice: softer within 40 ms, silent within 150, back 700 ms after it ended") {
  for (const double pitch : {90.0, 120.0, 210.0, 300.0}) {
    for (const double level : {-40.0, -30.0, -18.0}) {
      for (const double room : {-75.0, -60.0, -55.0}) {
        CAPTURE(pitch);
        CAPTURE(level);
        CAPTURE(room);
        BargeIn reflex;
        const auto acts = hear(reflex, voice(1, rate, level, pitch), 2, room);
        REQUIRE(said(acts) == "dhr");
        CHECK(acts[0].at_ms <= 50);
        CHECK(acts[0].speech_ms >= -10);
        CHECK(acts[0].speech_ms <= 20);
        CHECK(acts[1].at_ms <= 150);
        CHECK(acts[2].at_ms >= 1500);
        CHECK(acts[2].at_ms <= 1750);
      }
    }
  }
}

TEST_CASE("a cough makes it softer for a moment, and no more") {
  for (const double level : {-35.0, -20.0, -12.0}) {
    BargeIn reflex;
    const auto acts = hear(reflex, cough(rate, level));
    REQUIRE(said(acts) == "dr");
    CHECK(acts[1].at_ms <= 300);
  }
}

TEST_CASE("clicks and keys do nothing") {
  BargeIn reflex;
  CHECK(said(hear(reflex, click(rate))).empty());
  CHECK(said(hear(reflex, keyboard(10, rate))).empty());
}

TEST_CASE("a noise that begins and stays: one doubt, and no more") {
  BargeIn reflex;
  CHECK(said(hear(reflex, hiss(20, rate, -40))) == "dr");
}

TEST_CASE("somebody who hisses first is noticed late, and noticed") {
  Sound sound = hiss(0.4, rate, -35);
  mix(sound, voice(1, rate, -25), sound.size());
  BargeIn reflex;
  const auto acts = hear(reflex, sound);
  REQUIRE(said(acts) == "drhr");
  CHECK(acts[2].at_ms <= 650);
}

TEST_CASE("nothing is done while nothing is heard") {
  BargeIn reflex;
  CHECK(hear(reflex, voice(2, rate), 2, -65, false).empty());
  // And what has begun before an answer does count.
  const auto acts = hear(reflex, voice(1, rate));
  CHECK(said(acts) == "dhr");
}

TEST_CASE("an endless voice that the service does not mind is let pass after 4 s") {
  BargeIn reflex;
  const auto acts = hear(reflex, voice(12, rate));
  REQUIRE(said(acts) == "dhr");
  CHECK(acts[2].at_ms <= 4300);
  // After a rest it counts again.
  CHECK(said(hear(reflex, voice(1, rate))) == "dhr");
}

TEST_CASE("an answer that runs dry while it is softer does not go on softer") {
  BargeIn reflex;
  CHECK(said(hear(reflex, cough(rate), 0)) == "dr");
  const Sound quiet = hiss(1, rate, -65);
  Sound sound = quiet;
  mix(sound, cough(rate), sound.size());
  std::string acts;
  for (std::size_t at = 0; at + BargeIn::frame <= sound.size(); at += BargeIn::frame) {
    const auto frame = std::span<const std::int16_t>(sound).subspan(at).first<BargeIn::frame>();
    switch (
        reflex.feed(frame, std::nullopt, acts.empty(), static_cast<std::int64_t>(at) * 62'500)) {
      case BargeIn::Command::duck:
        acts += 'd';
        break;
      case BargeIn::Command::restore:
        acts += 'r';
        break;
      case BargeIn::Command::hold:
        acts += 'h';
        break;
      case BargeIn::Command::none:
        break;
    }
  }
  CHECK(acts == "dr");
  CHECK_FALSE(reflex.acting());
}

TEST_CASE("an answer that ends while it is held leaves nothing behind") {
  BargeIn reflex;
  const Sound sound = voice(0.5, rate);
  bool held = false;
  int restored = 0;
  int others = 0;
  for (std::size_t at = 0; at + BargeIn::frame <= sound.size(); at += BargeIn::frame) {
    const auto frame = std::span<const std::int16_t>(sound).subspan(at).first<BargeIn::frame>();
    const auto command =
        reflex.feed(frame, std::nullopt, !held, static_cast<std::int64_t>(at) * 62'500);
    if (held) {
      ++(command == BargeIn::Command::restore ? restored : others);
      others -= command == BargeIn::Command::none ? 1 : 0;
    }
    held = held || command == BargeIn::Command::hold;
  }
  REQUIRE(held);
  CHECK(restored == 1);
  CHECK(others == 0);
  CHECK(hear(reflex, {}).empty());
  CHECK(said(hear(reflex, voice(1, rate))) == "dhr");
}

TEST_CASE(
    "a library that hears no speech is believed; one that hears it does not make it a voice") {
  BargeIn sceptic;
  CHECK(said(hear(sceptic, voice(1, rate), 2, -65, true, false)).find('h') == std::string::npos);
  BargeIn believer;
  CHECK(said(hear(believer, cough(rate), 2, -65, true, true)) == "dr");
  BargeIn agreed;
  CHECK(said(hear(agreed, voice(1, rate), 2, -65, true, true)) == "dhr");
}

TEST_CASE("a voice that the canceller leaves little of counts where somebody is known to speak") {
  const Sound faint = voice(1, rate, -56);
  BargeIn reflex;
  CHECK(said(hear(reflex, faint, 2, -80, true, true)) == "dhr");
  BargeIn alone;
  CHECK(said(hear(alone, faint, 2, -80)).empty());
}

TEST_CASE(
    "whom somebody hears who knows the answer is a suspect at once, and no more without a voice") {
  for (const bool voiced : {false, true}) {
    CAPTURE(voiced);
    BargeIn reflex;
    // The canceller lets nothing through at first.
    Sound sound = hiss(1, rate, -70);
    mix(sound, voiced ? voice(0.4, rate) : hiss(0.4, rate, -70), sound.size() + rate / 25);
    std::vector<Act> acts;
    for (std::size_t at = 0; at + BargeIn::frame <= sound.size(); at += BargeIn::frame) {
      const auto frame = std::span<const std::int16_t>(sound).subspan(at).first<BargeIn::frame>();
      const int end_ms = static_cast<int>((at + BargeIn::frame) * 1000 / rate) - 1000;
      switch (reflex.feed(frame, end_ms > 0, true, (end_ms + 10000) * ms)) {
        case BargeIn::Command::duck:
          acts.push_back({'d', end_ms, 0});
          break;
        case BargeIn::Command::hold:
          acts.push_back({'h', end_ms, 0});
          break;
        case BargeIn::Command::restore:
          acts.push_back({'r', end_ms, 0});
          break;
        case BargeIn::Command::none:
          break;
      }
    }
    REQUIRE(acts.size() == 2);
    CHECK(acts[0].what == 'd');
    CHECK(acts[0].at_ms == 10);
    CHECK(acts[1].what == (voiced ? 'h' : 'r'));
    CHECK(acts[1].at_ms <= (voiced ? 180 : 220));
  }
}
