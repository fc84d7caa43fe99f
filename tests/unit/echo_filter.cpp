// Frames, times and measures around a canceller that is made for the test.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "daemon/echo/echo_filter.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include <doctest/doctest.h>

using gv::echo::Canceller;
using gv::echo::ConstFrame;
using gv::echo::EchoFilter;
using gv::echo::FarEnd;
using gv::echo::Frame;
using gv::echo::NearSpeech;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t epoch = 5'000'000 * ms;

// What the canceller was given, and what it answers.
struct Log {
  std::vector<std::int16_t> near;
  std::vector<std::int16_t> far;
  int divide = 1;  // what it makes of the microphone
  bool voice = false;
  bool favours_near = false;
  int resets = 0;
  bool finds = false;  // delays by itself
  int moves = 0;
};

class Double final : public Canceller {
 public:
  explicit Double(Log& log) : log_(log) {}
  void process(Frame near, ConstFrame far) override {
    log_.near.insert(log_.near.end(), near.begin(), near.end());
    log_.far.insert(log_.far.end(), far.begin(), far.end());
    for (std::int16_t& sample : near)
      sample = static_cast<std::int16_t>(sample / log_.divide);
  }
  void favour_near(bool favour) override { log_.favours_near = favour; }
  bool voice() const override { return log_.voice; }
  void reset() override { ++log_.resets; }
  gv::echo::Residue residue() const override { return {}; }
  bool finds(std::int64_t /*later_ns*/) const override { return log_.finds; }
  void far_moved() override { ++log_.moves; }
  unsigned refused() const override { return 0; }

 private:
  Log& log_;
};

std::vector<std::int16_t> sound(std::size_t samples, double level, unsigned seed = 1) {
  if (level == 0) return std::vector<std::int16_t>(samples);
  std::minstd_rand random(seed);
  std::normal_distribution<double> normal(0, level);
  std::vector<std::int16_t> result(samples);
  for (std::int16_t& sample : result)
    sample = static_cast<std::int16_t>(std::clamp(normal(random), -32000.0, 32000.0));
  return result;
}

// One second at a time: the speaker plays `far_level`, the microphone hears `near_level`, which
// follows it in time unless somebody speaks.
struct Bench {
  Log log;
  FarEnd far_end;
  EchoFilter filter{std::make_unique<Double>(log), far_end};
  std::int64_t now = epoch;
  std::vector<std::int16_t> out;
  std::minstd_rand random{5};
  std::uniform_real_distribution<double> syllable{0.02, 2};
  std::vector<double> played{1};  // by block
  std::size_t late = 1;           // blocks, until that is heard
  double heard = 1;
  bool somebody = false;

  void second(double far_level, double near_level) {
    for (int block = 0; block < 50; ++block) {
      heard = somebody ? syllable(random) : played[played.size() - std::min(played.size(), late)];
      played.push_back(block % 4 == 0 ? syllable(random) : played.back());
      far_end.wrote(sound(480, far_level * played.back()), now + 20 * ms);
      now += 20 * ms;
      std::int64_t last = 0;
      filter.process(sound(320, near_level * heard), now, out, last);
    }
  }
};

}  // namespace

TEST_CASE("blocks of any size come out whole, at most a frame late, and with their times") {
  Log log;
  FarEnd far_end;
  EchoFilter filter(std::make_unique<Double>(log), far_end);
  const std::vector<std::int16_t> in = sound(16000, 1000);
  std::vector<std::int16_t> out;
  std::size_t at = 0;
  for (std::size_t piece = 1; at < in.size(); piece = piece * 7 % 509) {
    const std::size_t count = std::min(piece, in.size() - at);
    std::int64_t last = 0;
    const std::int64_t end = epoch + static_cast<std::int64_t>(at + count) * 62'500;
    filter.process(std::span(in).subspan(at, count), end, out, last);
    at += count;
    CHECK(at - out.size() < 160);
    CHECK(last == epoch + static_cast<std::int64_t>(out.size()) * 62'500);
  }
  CHECK(std::equal(out.begin(), out.end(), in.begin()));
  CHECK(out.size() == in.size());
}

TEST_CASE("the reference is what is played 20 ms after the frame was captured") {
  Log log;
  FarEnd far_end;
  EchoFilter filter(std::make_unique<Double>(log), far_end);
  std::vector<std::int16_t> click(24000);
  click[12000] = 20000;  // at epoch + 500 ms
  far_end.wrote(click, epoch);
  std::vector<std::int16_t> out;
  std::int64_t last = 0;
  for (int block = 1; block <= 50; ++block)
    filter.process(sound(320, 100), epoch + block * 20 * ms, out, last);
  const auto loudest = std::max_element(log.far.begin(), log.far.end());
  CHECK(loudest - log.far.begin() == (500 - 20) * 16);
}

TEST_CASE("samples that the device lost move the reference on") {
  Log log;
  FarEnd far_end;
  EchoFilter filter(std::make_unique<Double>(log), far_end);
  std::vector<std::int16_t> click(24000);
  click[12000] = 20000;
  far_end.wrote(click, epoch);
  std::vector<std::int16_t> out;
  std::int64_t last = 0;
  for (int block = 1; block <= 10; ++block)
    filter.process(sound(320, 100), epoch + block * 20 * ms, out, last);
  for (int block = 21; block <= 30; ++block)
    filter.process(sound(320, 100), epoch + block * 20 * ms, out, last);
  const auto loudest = std::max_element(log.far.begin(), log.far.end());
  CHECK(loudest - log.far.begin() == (500 - 20 - 200) * 16);
}

TEST_CASE("how much was taken away, and what came through the air") {
  Bench bench;
  bench.log.divide = 100;
  bench.second(0, 3);
  CHECK_FALSE(bench.filter.measures().erle_db());
  CHECK_FALSE(bench.filter.measures().far_active());
  for (int second = 0; second < 5; ++second)
    bench.second(4000, 2000);
  CHECK(bench.filter.measures().far_active());
  REQUIRE(bench.filter.measures().erle_db());
  CHECK(*bench.filter.measures().erle_db() == doctest::Approx(40).epsilon(0.05));
  // -6, and what the far end lost above 8 kHz.
  CHECK(*bench.filter.measures().coupling_db() == doctest::Approx(-4.3).epsilon(0.1));
  CHECK(bench.filter.measures().captured_dbfs() ==
        doctest::Approx(20 * std::log10(2000 * bench.heard / 32768)).epsilon(0.05));
  // Two seconds of words said into it, which stay: the figure does too.
  bench.log.divide = 1;
  bench.second(4000, 8000);
  bench.second(4000, 8000);
  CHECK(*bench.filter.measures().erle_db() == doctest::Approx(40).epsilon(0.05));
  for (int second = 0; second < 8; ++second)
    bench.second(4000, 2000);
  CHECK(*bench.filter.measures().erle_db() == doctest::Approx(0).epsilon(0.5));
  CHECK(bench.filter.measures().bad_s() >= 8);
  bench.log.divide = 100;
  bench.second(4000, 2000);
  bench.second(4000, 2000);
  CHECK(bench.filter.measures().bad_s() == 0);
}

// Headphones that nobody knows of: the only sound that comes is the user's.
TEST_CASE("who talks over the answer without an echo proves nothing, in three sessions") {
  Bench bench;
  bench.somebody = true;
  for (int session = 0; session < 3; ++session) {
    for (int second = 0; second < 12; ++second)
      bench.second(4000, 4000);
    CHECK_FALSE(bench.filter.measures().erle_db());
    CHECK(bench.filter.measures().bad_s() == 0);
    CHECK_FALSE(bench.filter.echo_found());
    bench.filter.resume();
  }
}

TEST_CASE("a delay that no device tells of moves the reference, unless the library finds it") {
  // How long the canceller's reference went on after the speaker had fallen silent, in ms.
  const auto goes_on = [](Bench& bench) {
    bench.log.far.clear();
    bench.second(0, 10);
    return std::ranges::count_if(bench.log.far, [](int sample) { return sample != 0; }) / 16;
  };
  for (const bool finds : {false, true}) {
    CAPTURE(finds);
    Bench bench;
    bench.late = 16;
    bench.log.finds = finds;
    for (int second = 0; second < 6; ++second)
      bench.second(4000, 2000);
    const double found_ms = static_cast<double>(bench.filter.untold_ns()) / ms;
    CHECK(found_ms == doctest::Approx(290).epsilon(0.15));
    CHECK(bench.log.moves == (finds ? 0 : 1));
    CHECK(std::abs(goes_on(bench) - (finds ? 0 : found_ms)) < 25);
    // Another canceller, or the same one in a room that is known: it need not find it again.
    bench.filter.reset(300 * ms);
    bench.second(4000, 2000);
    CHECK(std::abs(goes_on(bench) - 300) < 25);
    CHECK(bench.log.moves == (finds ? 0 : 1));
  }
}

TEST_CASE("with headphones there is no echo to measure") {
  Bench bench;
  bench.somebody = true;
  for (int second = 0; second < 10; ++second)
    bench.second(4000, 30);
  CHECK_FALSE(bench.filter.measures().erle_db());
}

TEST_CASE("a dead microphone") {
  Bench bench;
  for (int second = 0; second < 9; ++second)
    bench.second(4000, 0);
  CHECK_FALSE(bench.filter.measures().dead());
  bench.second(4000, 0);
  bench.second(4000, 0);
  CHECK(bench.filter.measures().dead());
  bench.second(4000, 10);
  CHECK_FALSE(bench.filter.measures().dead());
}

TEST_CASE("reset() forgets the room, the measures and half a frame") {
  Bench bench;
  bench.second(4000, 2000);
  std::int64_t last = 0;
  bench.filter.process(sound(100, 100), bench.now + 6 * ms, bench.out, last);
  bench.filter.reset();
  CHECK(bench.log.resets == 1);
  CHECK_FALSE(bench.filter.measures().far_active());
  bench.out.clear();
  bench.filter.process(sound(100, 100), bench.now + 60'000 * ms, bench.out, last);
  CHECK(bench.out.empty());
}

TEST_CASE("somebody speaks: possible, then confirmed, then over; the canceller is told") {
  Bench bench;
  bench.second(0, 3);
  bench.log.voice = true;
  std::int64_t last = 0;
  std::vector<NearSpeech::State> states;
  const auto frame = [&](double level) {
    bench.now += 10 * ms;
    bench.filter.process(sound(160, level), bench.now, bench.out, last);
    states.push_back(bench.filter.near_speech().state());
  };
  for (int n = 0; n < 20; ++n)
    frame(2000);
  const auto first = [&states](NearSpeech::State state) {
    return std::find(states.begin(), states.end(), state) - states.begin();
  };
  CHECK(first(NearSpeech::State::possible) <= 4);
  CHECK(first(NearSpeech::State::confirmed) <= 15);
  CHECK(first(NearSpeech::State::confirmed) >= 6);  // longer than a click
  CHECK(bench.log.favours_near);
  for (int n = 0; n < 100; ++n)
    frame(3);
  CHECK(states.back() == NearSpeech::State::silent);
  CHECK_FALSE(bench.log.favours_near);
}

TEST_CASE("a voice that is only what is left of an echo is nobody's") {
  Bench bench;
  bench.log.voice = true;
  bench.second(0, 3);
  bench.log.divide = 32;  // 30 dB
  bench.second(4000, 6000);
  CHECK(bench.filter.near_speech().state() == NearSpeech::State::silent);
  // The same without a far end is a voice.
  bench.second(0, 6000);
  bench.second(0, 6000);
  CHECK(bench.filter.near_speech().state() == NearSpeech::State::confirmed);
}

#ifdef __SSE__
// Numbers that are nearly none are a hundred times as slow as others.
TEST_CASE("the ear for delays does not compute with denormals while nothing plays") {
  gv::echo::DelayFinder finder;
  const std::vector<std::int16_t> loud = sound(160, 8000);
  const std::vector<std::int16_t> silence(160);
  const auto add = [&finder](const std::vector<std::int16_t>& frame, int times) {
    const auto view = std::span(frame).first<160>();
    for (int n = 0; n < times; ++n)
      finder.add(view, view);
  };
  add(loud, 100);
  add(silence, 100);
  constexpr unsigned denormal_or_underflow = 0x12;
  _mm_setcsr(_mm_getcsr() & ~denormal_or_underflow);
  add(silence, 100);
  CHECK((_mm_getcsr() & denormal_or_underflow) == 0);
}
#endif
