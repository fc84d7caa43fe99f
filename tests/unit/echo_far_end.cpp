// What the speaker plays, found again by the time at which it plays it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/echo/far_end.hpp"

using gv::echo::FarEnd;
using gv::echo::frame_samples;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t epoch = 5'000'000 * ms;
constexpr std::size_t block = 480;  // 20 ms

// 400 Hz from the time 0 of the speaker's clock on.
double tone(double seconds) {
  return 10000 * std::sin(2 * std::numbers::pi * 400 * seconds);
}

std::vector<std::int16_t> tone_block(std::size_t number) {
  std::vector<std::int16_t> samples(block);
  for (std::size_t n = 0; n < block; ++n) {
    samples[n] = static_cast<std::int16_t>(
        std::lround(tone(static_cast<double>(number * block + n) / 24000)));
  }
  return samples;
}

std::array<std::int16_t, frame_samples> read(const FarEnd& far_end, std::int64_t at) {
  std::array<std::int16_t, frame_samples> frame{};
  far_end.read(at, frame);
  return frame;
}

double level(const FarEnd& far_end, std::int64_t at) {
  double sum = 0;
  for (const double sample : read(far_end, at))
    sum += sample * sample;
  return std::sqrt(sum / frame_samples);
}

// The largest difference to the tone begun at `begin`, over a frame.
double difference(const FarEnd& far_end, std::int64_t at, double begin) {
  double worst = 0;
  const auto frame = read(far_end, at);
  for (std::size_t n = 0; n < frame.size(); ++n) {
    const double seconds =
        (static_cast<double>(at) - begin) * 1e-9 + static_cast<double>(n) / 16000;
    worst = std::max(worst, std::abs(frame[n] - tone(seconds)));
  }
  return worst;
}

constexpr double loud = 7071;  // of the tone

}  // namespace

TEST_CASE("nothing written: silence") {
  FarEnd far_end;
  CHECK(level(far_end, epoch) == 0);
}

TEST_CASE("a sample is found at its time, between samples too") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 50; ++n)
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms);
  for (const std::int64_t at : {100 * ms, 333 * ms + 12'345, 800 * ms + 7}) {
    CAPTURE(at);
    CHECK(difference(far_end, epoch + at, static_cast<double>(epoch)) < 150);
  }
  CHECK(level(far_end, epoch - 20 * ms) == 0);
  CHECK(level(far_end, epoch + 1010 * ms) == 0);
}

// pulse wanders by 20 ms while a stream starts; other devices by their period.
TEST_CASE("a device whose figures are wrong by some ms does not move the reference") {
  FarEnd far_end;
  const std::array<int, 7> wrong{-4, 3, 5, -2, 0, -5, 4};
  for (std::size_t n = 0; n < 200; ++n) {
    far_end.wrote(tone_block(n), epoch + (static_cast<std::int64_t>(n) * 20 + wrong[n % 7]) * ms);
    if (n < 20) continue;
    const std::int64_t at = epoch + static_cast<std::int64_t>(n) * 20 * ms - 100 * ms;
    // Wherever it is by now: the tone goes on in one piece, without a step of more than 0.1 ms.
    const auto before = read(far_end, at);
    const auto after = read(far_end, at + 10 * ms);
    CHECK(std::abs(after[0] - before[frame_samples - 1]) <
          10000 * 2 * std::numbers::pi * 400 * 163e-6);
    CHECK(level(far_end, at) == doctest::Approx(loud).epsilon(0.02));
  }
  CHECK(difference(far_end, epoch + 3900 * ms, static_cast<double>(epoch)) < 10000 * 2.5 * 2.0);
}

TEST_CASE("an absurd figure at the start is forgotten within some blocks") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 50; ++n) {
    const std::int64_t wrong = n < 3 ? -20 * ms : 0;
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms + wrong);
  }
  CHECK(difference(far_end, epoch + 700 * ms, static_cast<double>(epoch)) < 200);
}

TEST_CASE("a clock that is 100 ppm fast is followed, and without steps") {
  FarEnd far_end;
  constexpr double speed = 1 + 100e-6;
  const auto played_at = [](std::size_t n) {
    return epoch + std::llround(static_cast<double>(n) * 20e6 / speed);
  };
  std::size_t n = 0;
  for (; n < 50 * 300; ++n) {  // five minutes: 30 ms apart at the end
    far_end.wrote(tone_block(n), played_at(n));
    if (n < 100) continue;
    const auto before = read(far_end, played_at(n) - 50 * ms);
    const auto after = read(far_end, played_at(n) - 40 * ms);
    REQUIRE(std::abs(after[0] - before[frame_samples - 1]) < 2000);
  }
  // Still the tone, wherever in its period: how far away its time may be is echo_timeline's to say.
  const auto frame = read(far_end, played_at(n - 3));
  double best = 1e9;
  for (int shift = -22; shift <= 22; ++shift) {
    double worst = 0;
    for (std::size_t k = 0; k < frame.size(); ++k) {
      const double seconds = static_cast<double>((n - 3) * block) / 24000 +
                             static_cast<double>(k) / 16000 + shift * 1e-4;
      worst = std::max(worst, std::abs(frame[k] - tone(seconds)));
    }
    best = std::min(best, worst);
  }
  CHECK(best < 2000);
}

TEST_CASE("a pause between two answers is silence of its length") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 10; ++n)
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms);
  const std::int64_t later = epoch + 3000 * ms;
  for (std::size_t n = 0; n < 10; ++n)
    far_end.wrote(tone_block(n), later + static_cast<std::int64_t>(n) * 20 * ms);
  CHECK(difference(far_end, epoch + 100 * ms, static_cast<double>(epoch)) < 150);
  CHECK(level(far_end, epoch + 1500 * ms) == 0);
  CHECK(difference(far_end, later + 100 * ms, static_cast<double>(later)) < 150);
}

TEST_CASE("a pause longer than all that is kept") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 400; ++n)
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms);
  CHECK(level(far_end, epoch + 1000 * ms) == 0);  // 7 s ago
  CHECK(level(far_end, epoch + 5000 * ms) == doctest::Approx(loud).epsilon(0.02));
  const std::int64_t later = epoch + 600'000 * ms;
  far_end.wrote(tone_block(0), later);
  far_end.wrote(tone_block(1), later + 20 * ms);
  CHECK(level(far_end, epoch + 5000 * ms) == 0);
  CHECK(difference(far_end, later + 10 * ms, static_cast<double>(later)) < 150);
}

TEST_CASE("what was cut is not heard, and what follows has its own time") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 50; ++n)
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms);
  far_end.cut(epoch + 500 * ms);
  CHECK(level(far_end, epoch + 480 * ms) == doctest::Approx(loud).epsilon(0.02));
  CHECK(level(far_end, epoch + 505 * ms) == 0);
  // After 25 ms: less than any device's error, had it not been cut.
  const std::int64_t next = epoch + 525 * ms;
  for (std::size_t n = 0; n < 10; ++n)
    far_end.wrote(tone_block(n), next + static_cast<std::int64_t>(n) * 20 * ms);
  CHECK(level(far_end, epoch + 510 * ms) == 0);
  CHECK(difference(far_end, next + 50 * ms, static_cast<double>(next)) < 150);
  CHECK(level(far_end, epoch + 900 * ms) == 0);
}

TEST_CASE("a cut before anything was written, and one after the end") {
  FarEnd far_end;
  far_end.cut(epoch);
  far_end.wrote(tone_block(0), epoch + 30 * ms);
  far_end.cut(epoch + 10'000 * ms);
  CHECK(difference(far_end, epoch + 35 * ms, static_cast<double>(epoch + 30 * ms)) < 150);
}

// A drop that nobody told of: what is played now replaces what was to be played then.
TEST_CASE("a time that jumps back") {
  FarEnd far_end;
  for (std::size_t n = 0; n < 50; ++n)
    far_end.wrote(tone_block(n), epoch + static_cast<std::int64_t>(n) * 20 * ms);
  far_end.wrote(std::vector<std::int16_t>(block), epoch + 480 * ms);
  far_end.wrote(std::vector<std::int16_t>(block), epoch + 500 * ms);
  CHECK(level(far_end, epoch + 480 * ms) == doctest::Approx(loud).epsilon(0.02));
  CHECK(level(far_end, epoch + 505 * ms) < 100);
  CHECK(level(far_end, epoch + 800 * ms) == 0);
}

TEST_CASE("after reset() nothing is known") {
  FarEnd far_end;
  far_end.wrote(tone_block(0), epoch);
  far_end.reset();
  CHECK(level(far_end, epoch + 5 * ms) == 0);
}
