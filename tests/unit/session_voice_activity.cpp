// Speech in a room of noise; both are made here, the same in every run.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>
#include <numbers>
#include <ostream>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/session/voice_activity.hpp"

using gv::session::VoiceActivity;

namespace {

constexpr int per_ms = 16;  // samples

struct Change {
  bool speaking = false;
  int at_ms = 0;  // the end of the chunk that brought it
  bool operator==(const Change&) const = default;
};

// For what doctest prints.
std::ostream& operator<<(std::ostream& out, const Change& change) {
  return out << (change.speaking ? "speech" : "silence") << " at " << change.at_ms << " ms; ";
}
std::ostream& operator<<(std::ostream& out, const std::vector<Change>& changes) {
  for (const auto& change : changes)
    out << change;
  return out;
}

// Levels are RMS, full scale 32768: white noise for the room, a low tone for the voice.
struct Room {
  VoiceActivity activity;
  double noise;
  const int chunk_ms;
  int now_ms = 0;
  std::vector<Change> changes;

  explicit Room(double its_noise = 0, int chunk = 20, VoiceActivity ear = VoiceActivity())
      : activity(ear), noise(its_noise), chunk_ms(chunk) {}

  void hear(int length_ms, double voice = 0) {
    const int end = now_ms + length_ms;
    while (now_ms < end) {
      const auto change = activity.feed(sound(voice));
      now_ms += chunk_ms;
      if (change) changes.push_back({*change, now_ms});
    }
  }

 private:
  std::vector<std::int16_t> sound(double voice) {
    std::vector<std::int16_t> samples;
    std::uniform_real_distribution<double> one(-1, 1);
    for (int i = 0; i < chunk_ms * per_ms; ++i) {
      const double tone = std::sin(2 * std::numbers::pi * 200 * i / (1000.0 * per_ms));
      const double value = noise * std::sqrt(3) * one(random_) + voice * std::sqrt(2) * tone;
      samples.push_back(static_cast<std::int16_t>(std::clamp(value, -32768.0, 32767.0)));
    }
    return samples;
  }

  std::mt19937 random_{1};
};

int up_to_chunk(int ms, int chunk_ms) {
  return (ms + chunk_ms - 1) / chunk_ms * chunk_ms;
}

}  // namespace

TEST_CASE("a quiet voice, far from the microphone, is heard by the ear for it alone") {
  Room faint(20, 20, VoiceActivity(VoiceActivity::faint));
  Room sure(20);
  for (Room* room : {&faint, &sure}) {
    room->hear(5000);
    room->hear(2000, 100);
    room->hear(2000);
  }
  REQUIRE(faint.changes.size() == 2);
  CHECK(faint.changes[0].speaking);
  CHECK(faint.changes[0].at_ms <= 5000 + 120);
  CHECK(sure.changes.empty());
}

TEST_CASE("the noise of a room, and a click, are no quiet voice") {
  for (const double noise : {0.0, 5.0, 80.0, 800.0}) {
    CAPTURE(noise);
    Room room(noise, 20, VoiceActivity(VoiceActivity::faint));
    room.hear(20'000);
    room.changes.clear();
    room.hear(40'000);
    room.hear(80, 3000);
    room.hear(5'000);
    CHECK(room.changes.empty());
  }
}

TEST_CASE("silence and a quiet room are no speech") {
  for (const double noise : {0.0, 5.0, 80.0}) {
    CAPTURE(noise);
    Room room(noise);
    room.hear(60'000);
    CHECK(room.changes.empty());
  }
}

TEST_CASE("however quiet the room, speech is not below -42 dBFS") {
  Room room;
  room.hear(30'000);
  room.hear(5000, 220);
  CHECK(room.changes.empty());
  room.hear(1000, 280);
  CHECK(room.changes == std::vector<Change>{{true, 35'060}});
}

TEST_CASE("speech is told 60 ms after it began, its end 500 ms after it ended") {
  for (const int chunk_ms : {10, 20, 30, 40}) {
    CAPTURE(chunk_ms);
    Room room(30, chunk_ms);
    room.hear(1200);
    room.hear(2400, 2000);
    room.hear(3000);
    CHECK(room.changes == std::vector<Change>{{true, 1200 + up_to_chunk(60, chunk_ms)},
                                              {false, 3600 + up_to_chunk(500, chunk_ms)}});
  }
}

TEST_CASE("the loudest there is is speech") {
  VoiceActivity activity;
  const std::vector<std::int16_t> loudest(60 * per_ms, -32768);
  CHECK(activity.feed(loudest) == true);
}

TEST_CASE("clicks are no speech, in a row neither") {
  Room room(30);
  for (int i = 0; i < 50; ++i) {
    room.hear(40, 20'000);
    room.hear(20 + i * 20 % 200);
  }
  CHECK(room.changes.empty());
  // Nor are they at the end of speech.
  room.hear(1000, 2000);
  room.hear(1000);
  room.changes.clear();
  room.hear(40, 20'000);
  room.hear(1000);
  CHECK(room.changes.empty());
}

TEST_CASE("the pause between two words is no end") {
  Room room(30);
  room.hear(300, 2000);
  for (int i = 0; i < 10; ++i) {
    room.hear(480);
    room.hear(20, 2000);  // a short word ends the pause
  }
  CHECK(room.changes == std::vector<Change>{{true, 60}});
  room.hear(480);
  CHECK(room.changes.size() == 1);
  room.hear(20);
  CHECK(room.changes.back() == Change{false, room.now_ms});
}

TEST_CASE("a louder room is taken for speech for some seconds, and then for what it is") {
  Room room(30);
  room.hear(10'000);
  room.noise = 500;
  room.hear(20'000);
  REQUIRE(room.changes.size() == 2);
  CHECK(room.changes[0] == Change{true, 10'060});
  CHECK_FALSE(room.changes[1].speaking);
  CHECK(room.changes[1].at_ms > 13'000);
  CHECK(room.changes[1].at_ms < 20'000);
  room.hear(60'000);
  CHECK(room.changes.size() == 2);
}

TEST_CASE("in a loud room only what is 10 dB above it is speech") {
  Room room(1000);
  room.hear(30'000);
  room.changes.clear();
  room.hear(1000, 1900);
  CHECK(room.changes.empty());
  room.hear(100);
  const int began = room.now_ms;
  room.hear(1000, 4000);
  CHECK(room.changes == std::vector<Change>{{true, began + 60}});
}

TEST_CASE("a room that becomes quieter is heard at once") {
  Room room(1000);
  room.hear(30'000);
  room.changes.clear();
  room.noise = 50;
  room.hear(20);
  room.hear(1000, 500);
  CHECK(room.changes == std::vector<Change>{{true, 30'080}});
}

TEST_CASE("who speaks long does not become the room") {
  Room sentences(30);
  for (int i = 0; i < 300; ++i) {
    sentences.hear(300, 1500);
    sentences.hear(200);
  }
  CHECK(sentences.changes == std::vector<Change>{{true, 60}});
  Room singer(30);
  singer.hear(8000, 3000);
  CHECK(singer.changes == std::vector<Change>{{true, 60}});
}

TEST_CASE("with the microphone speech ends, and what came before it does not count") {
  Room room(30);
  CHECK_FALSE(room.activity.reset());
  room.hear(1000, 2000);
  CHECK(room.activity.reset() == false);
  CHECK_FALSE(room.activity.reset());
  room.changes.clear();
  room.hear(40, 2000);
  CHECK_FALSE(room.activity.reset());
  room.hear(40, 2000);
  CHECK(room.changes.empty());
  room.hear(20, 2000);
  CHECK(room.changes == std::vector<Change>{{true, room.now_ms}});
  room.hear(480);
  CHECK(room.activity.reset() == false);
  room.hear(1000);
  CHECK(room.changes.size() == 1);
}

TEST_CASE("a room is remembered over a closed microphone and a chunk of nothing") {
  Room room(1000);
  room.hear(30'000);
  room.changes.clear();
  SUBCASE("closed") {
    room.activity.reset();
  }
  SUBCASE("nothing") {
    CHECK_FALSE(room.activity.feed({}));
  }
  room.hear(10'000);
  CHECK(room.changes.empty());
}
