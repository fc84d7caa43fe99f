// What becomes of the microphone's sound between the device and those who want it, around a
// canceller that is made for the test.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/cleaner.hpp"

using namespace gv;
using audio::Cleaner;
using audio::EchoHandling;
using audio::Levels;

namespace {

constexpr std::int64_t ms = 1'000'000;

struct Log {
  int divide = 100;
  int frames = 0;
  int resets = 0;
  bool far = false;
  int naive = 0;  // frames of the speaker that it must hear yet before it cancels anything
};

class Double final : public echo::Canceller {
 public:
  explicit Double(Log& log) : log_(log) {}
  void process(echo::Frame near, echo::ConstFrame far) override {
    ++log_.frames;
    log_.far = std::ranges::any_of(far, [](int sample) { return sample != 0; });
    const bool learns = log_.far && log_.naive > 0;
    if (learns) --log_.naive;
    for (std::int16_t& sample : near)
      sample = static_cast<std::int16_t>(sample / (log_.far && !learns ? log_.divide : 2));
  }
  void favour_near(bool /*favour*/) override {}
  bool voice() const override { return true; }
  void reset() override {
    ++log_.resets;
    log_.naive = 80;
  }
  echo::Residue residue() const override { return {}; }
  bool finds(std::int64_t /*later_ns*/) const override { return false; }
  void far_moved() override {}
  unsigned refused() const override { return 0; }

 private:
  Log& log_;
};

struct Bench {
  explicit Bench(const echo::Settings& settings = {.high_pass = false}) {
    cleaner.use(std::make_unique<Double>(log), settings);
    cleaner.set_mode(EchoHandling::cancel);
    cleaner.speaker("speaker");
    cleaner.microphone("microphone");
    second(0, 10);
    log = {.naive = 80};
  }

  std::vector<std::int16_t> sound(std::size_t samples, double level) {
    std::normal_distribution<double> normal(0, std::max(level, 1e-9));
    std::vector<std::int16_t> made(samples);
    for (std::int16_t& sample : made)
      sample = static_cast<std::int16_t>(std::clamp(normal(random), -32000.0, 32000.0));
    return made;
  }
  // Plays and captures for a second. later: blocks of 20 ms after which it is heard.
  void second(double far_level, double near_level, std::size_t later = 1) {
    out.clear();
    for (int block = 0; block < 50; ++block) {
      if (block % 4 == 0) loudness = std::uniform_real_distribution<double>(0.05, 2)(random);
      played.insert(played.begin(), loudness);
      cleaner.wrote(sound(480, far_level * played[0]), now + 20 * ms);
      now += 20 * ms;
      const double heard = played.size() > later ? played[later] : 0;
      std::vector<std::int16_t> near = sound(320, near_level * (far_level > 0 ? heard : 1));
      cleaner.clean(near, now);
      out.insert(out.end(), near.begin(), near.end());
    }
  }
  bool silent() const {
    return std::ranges::all_of(out, [](int sample) { return sample == 0; });
  }
  std::size_t zeros() const { return static_cast<std::size_t>(std::ranges::count(out, 0)); }

  Log log;
  Cleaner cleaner;
  std::int64_t now = 1'000'000 * ms;
  std::minstd_rand random{3};
  double loudness = 1;
  std::vector<double> played;
  std::vector<std::int16_t> out;
};

}  // namespace

TEST_CASE("until the room is known nothing of an echo gets out, and then what is left of it") {
  Bench bench;
  bench.second(4000, 4000);
  CHECK(bench.silent());
  for (int second = 0; second < 3; ++second)
    bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
  // The next session finds the room known.
  bench.cleaner.microphone("microphone");
  CHECK(bench.log.resets == 0);
  bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
}

// A pause in the first answer, while nobody knows yet that the speaker is heard late.
TEST_CASE("what sounds late is kept back too, and no voice, until it is known when it comes") {
  Bench bench;
  bench.second(4000, 0);
  bench.second(0, 4000);
  CHECK(bench.silent());
  CHECK(bench.cleaner.voice() == false);
  bench.second(0, 4000);
  CHECK(bench.zeros() < bench.out.size() / 2);  // nothing is late for ever
  for (int second = 0; second < 4; ++second)
    bench.second(4000, 4000);
  bench.second(0, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
  CHECK(bench.cleaner.voice() == std::nullopt);
}

TEST_CASE("what is no louder than the room is nobody's echo, and stays") {
  Bench bench;
  bench.log.divide = 1;
  bench.second(4000, 4);
  CHECK_FALSE(bench.silent());
}

TEST_CASE("under a key nothing is kept back") {
  Bench bench;
  bench.cleaner.set_by_key(true);
  bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
}

TEST_CASE("another microphone or another speaker is another room, once each") {
  Bench bench;
  for (int second = 0; second < 4; ++second)
    bench.second(4000, 4000);
  bench.cleaner.speaker("headset");
  CHECK(bench.log.resets == 1);
  bench.second(4000, 4000);
  CHECK(bench.silent());
  bench.second(4000, 4000);
  bench.second(4000, 4000);
  // It is back, and the canceller has forgotten the room; a second of it is enough.
  bench.cleaner.speaker("speaker");
  CHECK(bench.log.resets == 2);
  bench.second(4000, 4000);
  CHECK(bench.zeros() > bench.out.size() * 9 / 10);
  for (int second = 0; second < 2; ++second)
    bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
  bench.cleaner.microphone("another");
  CHECK(bench.log.resets == 3);
  bench.second(4000, 4000);
  CHECK(bench.silent());
}

TEST_CASE("a delay that nobody told of is found, and kept for this speaker") {
  Bench bench;
  for (int second = 0; second < 5; ++second)
    bench.second(4000, 4000, 16);
  CHECK(bench.cleaner.untold_ns() >= 260 * ms);
  CHECK(bench.cleaner.untold_ns() <= 320 * ms);
  bench.cleaner.speaker("headset");
  CHECK(bench.cleaner.untold_ns() == 0);
  bench.cleaner.speaker("speaker");
  CHECK(bench.cleaner.untold_ns() >= 260 * ms);
}

TEST_CASE("a delay that is found costs another second, and not once more when it changes") {
  Bench bench;
  const auto until_moved = [&bench](std::size_t later) {
    const std::int64_t before = bench.cleaner.untold_ns();
    for (int second = 0; second < 12 && bench.cleaner.untold_ns() == before; ++second)
      bench.second(4000, 4000, later);
    CHECK(bench.cleaner.untold_ns() != before);
  };
  until_moved(16);
  bench.second(4000, 4000, 16);
  CHECK(bench.zeros() > bench.out.size() / 4);
  bench.second(4000, 4000, 16);
  CHECK(bench.zeros() < bench.out.size() / 4);
  until_moved(40);
  CHECK(bench.zeros() < bench.out.size() / 4);
  bench.second(4000, 4000, 40);
  CHECK(bench.zeros() < bench.out.size() / 4);
}

// The volume is turned up, or headphones were unplugged that nobody knew of.
TEST_CASE("a canceller that suddenly leaves the echo there learns it again for a second") {
  Bench bench;
  for (int second = 0; second < 5; ++second)
    bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
  bench.log.divide = 1;
  for (int second = 0; second < 3 && bench.cleaner.levels(bench.now).bad_s == 0; ++second)
    bench.second(4000, 4000);
  CHECK(bench.cleaner.levels(bench.now).bad_s > 0);
  std::size_t zeros = bench.zeros();  // it was at some time in this one
  bench.log.divide = 100;
  bench.second(4000, 4000);
  zeros += bench.zeros();
  CHECK(zeros > bench.out.size() * 3 / 4);
  CHECK(zeros < bench.out.size() * 5 / 4);
  bench.second(4000, 4000);
  bench.second(4000, 4000);
  CHECK(bench.zeros() < bench.out.size() / 4);
}

TEST_CASE("off: nothing is done, or only what is wanted besides, and nothing is measured") {
  for (const bool high_pass : {false, true}) {
    Bench bench({.high_pass = high_pass});
    for (int second = 0; second < 4; ++second)
      bench.second(4000, 4000);
    CHECK(bench.cleaner.levels(bench.now).erle_db.has_value());
    for (const EchoHandling mode : {EchoHandling::off, EchoHandling::half_duplex}) {
      bench.cleaner.set_mode(mode);
      bench.log = {};
      bench.second(4000, 4000);
      CHECK(bench.log.frames == (high_pass ? 100 : 0));
      CHECK_FALSE(bench.log.far);  // it is not made to forget the room
      CHECK_FALSE(bench.cleaner.levels(bench.now).erle_db.has_value());
      CHECK_FALSE(bench.cleaner.levels(bench.now).coupling_db.has_value());
      CHECK(bench.cleaner.voice() == std::nullopt);
    }
  }
}

TEST_CASE("without a canceller the sound passes as it is") {
  Bench bench;
  bench.cleaner.use(nullptr, echo::nothing);
  bench.second(4000, 4000);
  CHECK(bench.log.frames == 0);
  CHECK(bench.zeros() < bench.out.size() / 4);
  CHECK(bench.cleaner.untold_ns() == 0);
}

TEST_CASE("the meters: what comes in, also where it is kept back, and for as long as it does") {
  Bench bench;
  bench.log.divide = 1;
  bench.second(4000, 4000);
  CHECK(bench.silent());
  const Levels levels = bench.cleaner.levels(bench.now);
  CHECK(levels.microphone_dbfs > -50);
  CHECK(levels.speaker_dbfs > -50);
  CHECK(bench.cleaner.levels(bench.now + 1000 * ms).microphone_dbfs == gv::silence_dbfs);
  CHECK(bench.cleaner.levels(bench.now + 1000 * ms).speaker_dbfs == gv::silence_dbfs);
}
