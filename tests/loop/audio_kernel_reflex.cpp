// The reflex on kernel PCMs: somebody speaks into the microphone while an answer is heard, and what
// that does at the speaker. The cables are separate: the microphone does not hear the answer.
#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_kernel.hpp"
#include "tests/support/voices.hpp"

using namespace gv;
using namespace gv::test;

namespace {

constexpr unsigned mouth_rate = 16000;
constexpr int loud = 10000;

// Both directions, with the reflex.
struct Talk {
  explicit Talk(unsigned speaker_rate) : recorder(listener, speaker_rate) {
    REQUIRE(bench.open_capture(
        audio::CaptureSpec{.devices = {microphone}, .period_ms = 20, .barge_in = true}));
    REQUIRE(bench.open_playback(speaker));
  }
  bool reacted(std::size_t times) {
    return bench.until([this, times] { return bench.log.reflexes.size() >= times; });
  }
  Recorder recorder;
  Bench bench;
};

struct Pause {
  std::size_t begin;
  std::size_t end;
};
// The longest silence between sounds.
Pause longest_pause(const Samples& heard) {
  Pause longest{0, 0};
  const std::size_t last = last_sound(heard);
  std::size_t begin = first_sound(heard);
  for (std::size_t n = begin; n <= last; ++n) {
    if (heard[n] == 0) continue;
    if (n - begin > longest.end - longest.begin) longest = {begin, n};
    begin = n + 1;
  }
  return longest;
}

}  // namespace

TEST_CASE("speech: the answer is softer within 80 ms and silent within 220 ms") {
  double worst_duck = 0;
  double worst_hold = 0;
  for (const unsigned rate : {24000U, 48000U}) {
    for (int round = 0; round < 6; ++round) {
      CAPTURE(rate);
      CAPTURE(round);
      Talk talk(rate);
      auto& [recorder, bench] = talk;
      bench.say(1, Samples(24000 * 8, loud));
      bench.pass(700);
      // At every phase of the microphone's period.
      Samples said(mouth_rate / 1000 * 3 * static_cast<unsigned>(round));
      mix(said, voice(0.15, mouth_rate), said.size());
      const Player player(mouth, mouth_rate, said);
      REQUIRE(talk.reacted(2));
      REQUIRE(bench.record(recorder, 100));
      CHECK(bench.log.reflexes[0].kind == audio::BargeInEvent::Kind::ducked);
      CHECK(bench.log.reflexes[1].kind == audio::BargeInEvent::Kind::held);
      const std::int64_t onset = player.first_ns() + std::int64_t{round} * 3'000'000;
      const double duck = below(recorder, onset, loud / 5);
      const double hold = below(recorder, onset, loud / 200);
      MESSAGE(rate, " Hz: told after ",
              static_cast<double>(bench.log.reflexes[0].done_ns - onset) / 1e6, " and ",
              static_cast<double>(bench.log.reflexes[1].done_ns - onset) / 1e6, " ms");
      worst_duck = std::max(worst_duck, duck);
      worst_hold = std::max(worst_hold, hold);
      CHECK(duck <= 80);
      CHECK(hold <= 220);
      CHECK(std::abs(bench.log.reflexes[0].speech_ns - onset) < 30'000'000);

      // The service says so, too.
      const std::int64_t flushed_ns = audio::now_ns();
      bench.engine->flush();
      const Samples next = sweep(1, 24000);
      bench.say(2, next);
      bench.end(2);
      REQUIRE(bench.until([&log = bench.log] { return log.ends.size() == 2; }));
      REQUIRE(bench.record(recorder));
      Samples heard = recorder.samples();
      CHECK(bench.log.ends[0].cut);
      CHECK(bench.log.ends[0].silent_ns >= flushed_ns);
      CHECK_FALSE(bench.log.ends[1].cut);
      CHECK(bench.log.ends[1].heard_ms == 1000);
      CHECK(bench.log.reflexes.size() == 2);
      // What was heard of the first: up to where it was held.
      const std::size_t begin = first_sound(heard, loud / 2);
      const auto held_ms = static_cast<double>(recorder.time_of(begin) - onset) / -1e6 + hold;
      CHECK(std::abs(held_ms - bench.log.ends[0].heard_ms) < 12);
      // The next one is whole and at full level.
      std::size_t after = 0;
      while (recorder.time_of(after) < flushed_ns)
        ++after;
      heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(after));
      CHECK(match(heard, sweep(1, rate)).snr_db >= 70);
      CHECK(bench.engine->counters().playback_xruns == 0);
    }
  }
  MESSAGE("softer after at most ", worst_duck, " ms, silent after at most ", worst_hold, " ms");
}

TEST_CASE("a cough: softer for a moment, and every sample is heard") {
  Talk talk(24000);
  auto& [recorder, bench] = talk;
  const Samples answer = sweep(4, 24000);
  bench.say(1, answer);
  bench.end(1);
  bench.pass(600);
  const Player player(mouth, mouth_rate, cough(mouth_rate));
  REQUIRE(bench.until([&log = bench.log] { return !log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  REQUIRE(bench.log.reflexes.size() == 2);
  CHECK(bench.log.reflexes[0].kind == audio::BargeInEvent::Kind::ducked);
  CHECK(bench.log.reflexes[1].kind == audio::BargeInEvent::Kind::restored);
  CHECK(bench.log.ends[0].heard_ms == 4000);
  CHECK_FALSE(bench.log.ends[0].cut);
  CHECK(bench.engine->counters().playback_xruns == 0);
  CHECK(bench.engine->counters().playback_frames == answer.size());

  const Samples heard = recorder.samples();
  const std::size_t first = first_sound(heard);
  const std::size_t origin = first - first_sound(answer);
  std::size_t softer = 0;
  std::size_t wrong = 0;
  for (std::size_t n = 0; n < answer.size(); ++n) {
    const int sample = heard[origin + n];
    if (sample == answer[n]) continue;
    ++softer;
    // As it was said, with less of it: the place is right.
    const double least = answer[n] * 0.125;
    const double low = std::min<double>(least, answer[n]) - 1;
    const double high = std::max<double>(least, answer[n]) + 1;
    if (sample < low || sample > high) ++wrong;
  }
  MESSAGE("softer for ", static_cast<double>(softer) / 24, " ms");
  CHECK(wrong == 0);
  CHECK(softer > 24 * 100);
  CHECK(softer < 24 * 450);
  CHECK(last_sound(heard) < origin + answer.size());
}

TEST_CASE("speech that the service lets pass: the answer goes on where it was held, all of it") {
  for (const bool whole : {true, false}) {
    CAPTURE(whole);  // the end of the turn is queued before, or comes while it is held
    Talk talk(24000);
    auto& [recorder, bench] = talk;
    const Samples answer = sweep(4, 24000);
    bench.say(1, answer);
    if (whole) bench.end(1);
    bench.pass(600);
    const Player player(mouth, mouth_rate, voice(0.6, mouth_rate));
    REQUIRE(talk.reacted(2));
    if (!whole) bench.end(1);
    bench.pass(300);
    CHECK(bench.log.ends.empty());
    REQUIRE(bench.until([&log = bench.log] { return !log.ends.empty(); }));
    REQUIRE(bench.record(recorder));
    REQUIRE(bench.log.reflexes.size() == 3);
    CHECK(bench.log.reflexes[1].kind == audio::BargeInEvent::Kind::held);
    CHECK(bench.log.reflexes[2].kind == audio::BargeInEvent::Kind::restored);
    CHECK(bench.log.ends[0].heard_ms == 4000);
    CHECK_FALSE(bench.log.ends[0].cut);
    CHECK(bench.log.starts.size() == 1);
    CHECK(bench.engine->counters().playback_xruns == 0);

    const Samples heard = recorder.samples();
    const Pause pause = longest_pause(heard);
    MESSAGE("silent for ", static_cast<double>(pause.end - pause.begin) / 24, " ms");
    const double held_ms =
        static_cast<double>(bench.log.reflexes[2].done_ns - bench.log.reflexes[1].done_ns) / 1e6;
    CHECK(std::abs(static_cast<double>(pause.end - pause.begin) / 24 - held_ms) < 15);
    // From its end backwards: the same up to where it fades in.
    constexpr std::size_t fade = 24000 / 200;
    const std::size_t shift = last_sound(heard) - last_sound(answer);
    std::size_t same = answer.size();
    while (same > 0 && heard[shift + same - 1] == answer[same - 1])
      --same;
    // And from its beginning: softer or not, in its place, up to where it had faded out. What faded
    // out fades in: nothing is missing.
    const std::size_t origin = first_sound(heard) - first_sound(answer);
    const std::size_t gone = pause.begin - origin;
    CHECK(same <= gone);
    CHECK(same + 3 * fade > gone);
    CHECK(heard[shift + same - fade - 1] == 0);
    std::size_t wrong = 0;
    std::size_t softer = 0;
    for (std::size_t n = 0; n + fade < gone; ++n) {
      const double ratio = heard[origin + n] / (answer[n] == 0 ? 1.0 : 1.0 * answer[n]);
      if (std::abs(answer[n]) > 1000 && (ratio < 0.12 || ratio > 1)) ++wrong;
      if (std::abs(answer[n]) > 1000 && ratio < 0.99) ++softer;
    }
    CHECK(wrong == 0);
    CHECK(softer > 24 * 20);
    CHECK(softer < 24 * 150);
  }
}

TEST_CASE("an answer that is held comes back when the ear is gone, or may not act any more") {
  for (const bool closed : {true, false}) {
    CAPTURE(closed);
    Talk talk(24000);
    auto& [recorder, bench] = talk;
    const Samples answer = sweep(3, 24000);
    bench.say(1, answer);
    bench.end(1);
    bench.pass(600);
    const Player player(mouth, mouth_rate, voice(3, mouth_rate));
    REQUIRE(talk.reacted(2));
    CHECK(bench.log.reflexes[1].kind == audio::BargeInEvent::Kind::held);
    const std::int64_t gone_ns = audio::now_ns();
    if (closed) {
      bench.engine->close_capture();
    } else {
      bench.engine->set_echo(audio::EchoHandling::half_duplex);
    }
    REQUIRE(talk.reacted(3));
    CHECK(bench.log.reflexes[2].kind == audio::BargeInEvent::Kind::restored);
    CHECK(bench.log.reflexes[2].done_ns - gone_ns < 50'000'000);
    REQUIRE(bench.until([&log = bench.log] { return !log.ends.empty(); }));
    CHECK(bench.log.reflexes.size() == 3);
    CHECK(bench.log.ends[0].heard_ms == 3000);
    CHECK_FALSE(bench.log.ends[0].cut);
  }
}

TEST_CASE("dmix takes back what it holds, too") {
  Bench bench;
  REQUIRE(bench.open_capture(audio::CaptureSpec{.devices = {microphone}, .barge_in = true}));
  REQUIRE(bench.open_playback("dmix:CARD=Speaker,DEV=0"));
  bench.say(1, Samples(24000 * 6, loud));
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  const Recorder recorder("plughw:Speaker,1,0", 48000);
  const Player player(mouth, mouth_rate, voice(0.3, mouth_rate));
  REQUIRE(bench.until([&bench] { return bench.log.reflexes.size() == 3; }));
  REQUIRE(bench.record(recorder));
  const double duck = below(recorder, player.first_ns(), loud / 5);
  const double hold = below(recorder, player.first_ns(), loud / 200);
  MESSAGE("softer after ", duck, " ms, silent after ", hold, " ms");
  CHECK(duck <= 80);
  CHECK(hold <= 220);
  const Samples heard = recorder.samples();
  CHECK(std::abs(heard.back()) > loud / 2);
  bench.engine->flush();
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
}

TEST_CASE("without leave the reflex does nothing") {
  const Recorder recorder(listener, 24000);
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  const Samples answer = sweep(3, 24000);
  bench.say(1, answer);
  bench.end(1);
  bench.pass(300);
  const Player player(mouth, mouth_rate, voice(1, mouth_rate));
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  CHECK(bench.log.reflexes.empty());
  CHECK(match(recorder.samples(), answer).snr_db == 300);
}
