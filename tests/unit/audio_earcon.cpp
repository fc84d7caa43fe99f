#include <algorithm>
#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/earcon.hpp"
#include "daemon/audio/earcon_overlay.hpp"
#include "daemon/audio/engine.hpp"
#include "daemon/util/level.hpp"

using namespace gv;
using audio::Earcon;
using audio::EarconOverlay;
using audio::synthesise;
using Samples = std::vector<std::int16_t>;

namespace {

constexpr Earcon all[]{Earcon::start, Earcon::stop, Earcon::mute, Earcon::unmute, Earcon::error};

int largest_step(const Samples& samples) {
  int largest = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    largest = std::max(largest, std::abs(samples[i] - samples[i - 1]));
  return largest;
}

// What is heard of a stream of `length` samples of silence, given out in pieces.
Samples heard(const EarconOverlay& overlay, std::size_t length, std::size_t piece = 480) {
  Samples stream(length, 0);
  for (std::size_t at = 0; at < length; at += piece) {
    overlay.apply(at, std::span(stream).subspan(at, std::min(piece, length - at)));
  }
  return stream;
}

bool equal_at(const Samples& stream, std::size_t at, const Samples& sound) {
  return at + sound.size() <= stream.size() &&
         std::equal(sound.begin(), sound.end(), stream.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

TEST_CASE("an earcon is short, soft, and begins and ends in silence without a click") {
  for (const Earcon which : all) {
    CAPTURE(static_cast<int>(which));
    const Samples sound = synthesise(which);
    const std::size_t ms = sound.size() * 1000 / audio::playback_rate;
    CHECK(ms >= 80);
    CHECK(ms < 200);
    CHECK(sound.front() == 0);
    CHECK(sound.back() == 0);
    CHECK(dbfs(sound) > -24);
    CHECK(dbfs(sound) < -19);
    // A step is less than that of the steepest sine in it.
    CHECK(largest_step(sound) < 1200);
    // Within the first and the last millisecond it has hardly begun.
    const auto quiet = [](std::int16_t sample) { return std::abs(sample) < 150; };
    CHECK(std::all_of(sound.begin(), sound.begin() + 24, quiet));
    CHECK(std::all_of(sound.end() - 24, sound.end(), quiet));
  }
}

TEST_CASE("no two earcons are alike, and the one before the speaker closes is short") {
  for (const Earcon one : all) {
    for (const Earcon other : all)
      CHECK((synthesise(one) == synthesise(other)) == (one == other));
  }
  CHECK(synthesise(Earcon::stop).size() <= audio::playback_rate * 12 / 100);
}

TEST_CASE("it is laid over the stream where it was placed, whatever the pieces") {
  EarconOverlay overlay;
  const Samples sound = synthesise(Earcon::mute);
  CHECK_FALSE(overlay.waiting());
  overlay.ring(Earcon::mute);
  CHECK(overlay.waiting());
  CHECK(overlay.end() == 0);
  overlay.place(1000);
  CHECK_FALSE(overlay.waiting());
  CHECK(overlay.end() == 1000 + sound.size());
  const Samples stream = heard(overlay, 6000);
  CHECK(equal_at(stream, 1000, sound));
  CHECK(std::all_of(stream.begin(), stream.begin() + 1000, [](auto s) { return s == 0; }));
  CHECK(heard(overlay, 6000, 77) == stream);

  Samples answer(6000, 1000);
  overlay.apply(0, answer);
  for (std::size_t i = 0; i < answer.size(); ++i)
    REQUIRE(answer[i] == stream[i] + 1000);  // nothing of the answer is missing
  Samples loud(6000, 32767);
  overlay.apply(0, loud);
  CHECK(*std::min_element(loud.begin(), loud.end()) > 0);  // it does not wrap around
  overlay.reset();
  CHECK(overlay.end() == 0);
}

TEST_CASE("several follow one another, and of too many the newest are heard") {
  EarconOverlay overlay;
  for (const Earcon which : {Earcon::error, Earcon::mute, Earcon::unmute})
    overlay.ring(which);
  overlay.place(0);
  const Samples stream = heard(overlay, 12000);
  const Samples mute = synthesise(Earcon::mute);
  CHECK(equal_at(stream, 0, mute));
  CHECK(equal_at(stream, mute.size() + 960, synthesise(Earcon::unmute)));
  CHECK(overlay.end() == mute.size() + 960 + synthesise(Earcon::unmute).size());
}

TEST_CASE(
    "what a cut leaves of it is heard in the next stream, from where it was, without a click") {
  EarconOverlay overlay;
  overlay.ring(Earcon::start);
  overlay.place(100);
  const Samples sound = synthesise(Earcon::start);
  SUBCASE("before it had begun") {
    overlay.keep_rest(0);
    overlay.place(0);
    CHECK(equal_at(heard(overlay, 6000), 0, sound));
  }
  SUBCASE("in the middle") {
    overlay.keep_rest(1100);
    CHECK(overlay.waiting());
    overlay.place(0);
    const Samples stream = heard(overlay, 6000);
    CHECK(stream[0] == 0);
    CHECK(largest_step(stream) < 1200);
    CHECK(equal_at(stream, 120, Samples(sound.begin() + 1120, sound.end())));
  }
  SUBCASE("once it was heard there is nothing left") {
    overlay.keep_rest(100 + sound.size());
    CHECK_FALSE(overlay.waiting());
  }
}
