// The audio engine on kernel PCMs: two snd-aloop cards, "Speaker" and "Mic". Made for User Mode
// Linux in virtual time, where the figures are exact; refuses to run where the cards are missing.
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/loop/audio_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include "tests/loop/audio_bench.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// Says a sweep of so many seconds in bursts faster than real time, as the service does.
void say_in_bursts(Bench& bench, const Samples& answer) {
  for (std::size_t at = 0; at < answer.size(); at += 5760) {
    bench.say(1, std::span(answer).subspan(at, std::min<std::size_t>(5760, answer.size() - at)));
    bench.pass(150);
  }
  bench.end(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/proc/asound/Speaker", F_OK) != 0 || access("/proc/asound/Mic", F_OK) != 0) {
    std::fputs("no snd-aloop cards named Speaker and Mic here\n", stderr);
    return 1;
  }
  return doctest::Context(argc, argv).run();
}

TEST_CASE("24 kHz: 60 s in bursts, bit for bit") {
  const Recorder recorder(listener, 24000);
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  CHECK(bench.log.playback_info.rate == 24000);
  const Samples answer = sweep(60, 24000);
  say_in_bursts(bench, answer);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  const Samples heard = recorder.samples();
  const Match found = match(heard, answer);
  CHECK(found.snr_db == 300);
  // Nothing around it, either.
  CHECK(first_sound(heard) >= found.offset);
  CHECK(last_sound(heard) < found.offset + answer.size());
  CHECK(bench.log.ends[0].heard_ms == 60000);
  CHECK(bench.engine->counters().playback_xruns == 0);
  CHECK(bench.engine->counters().playback_frames == answer.size());
  MESSAGE(
      "60 s bit-exact ", found.snr_db == 300, ", xruns ", bench.engine->counters().playback_xruns,
      ", first sample accepted after ",
      static_cast<double>(bench.log.starts[0].accepted_ns - bench.log.starts[0].received_ns) / 1e6,
      " ms and heard at ",
      static_cast<double>(recorder.time_of(found.offset) - bench.log.starts[0].received_ns) / 1e6,
      " ms");
}

TEST_CASE("48 kHz: 60 s through the resampler") {
  const Recorder recorder(listener, 48000);
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  CHECK(bench.log.playback_info.rate == 48000);
  say_in_bursts(bench, sweep(60, 24000));
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  const Match found = match(recorder.samples(), sweep(60, 48000));
  MESSAGE("SNR ", found.snr_db, " dB, xruns ", bench.engine->counters().playback_xruns);
  CHECK(found.snr_db >= 70);
  CHECK(bench.engine->counters().playback_xruns == 0);
  CHECK(bench.log.ends[0].heard_ms == 60000);
}

TEST_CASE("flush: silent within 2 ms, nothing of the turn after it, the next one whole") {
  double worst = 0;
  for (const unsigned rate : {24000U, 48000U}) {
    const Recorder recorder(listener, rate);
    Bench bench;
    REQUIRE(bench.open_playback(speaker));
    double before = 0;
    for (int round = 0; round < 10; ++round) {
      const auto turn = static_cast<std::uint64_t>(2 * round);
      bench.log.ends.clear();
      bench.say(turn, Samples(24000 * 5, 10000));
      bench.pass(700 + round * 37);
      const std::int64_t cut_ns = audio::now_ns();
      bench.engine->flush();
      REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
      const audio::Played end = bench.log.ends[0];
      CHECK(end.cut);
      REQUIRE(bench.record(recorder, 300));
      const Samples heard = recorder.samples();
      const std::size_t last = last_sound(heard, 5000);
      const double late = static_cast<double>(recorder.time_of(last) - cut_ns) / 1e6;
      worst = std::max(worst, late);
      CHECK(late <= 2);
      CHECK(end.silent_ns - cut_ns <= 2'000'000);
      const auto sounded = static_cast<double>(std::count_if(
          heard.begin(), heard.end(), [](std::int16_t sample) { return sample > 9000; }));
      CHECK(std::abs((sounded - before) * 1000 / rate - end.heard_ms) < 25);
      before = sounded;
    }
    bench.log.ends.clear();
    const Samples next = sweep(1, 24000);
    bench.engine->flush();
    bench.say(100, next);
    bench.end(100);
    REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
    REQUIRE(bench.record(recorder));
    Samples heard = recorder.samples();
    heard.erase(heard.begin(), heard.end() - static_cast<std::ptrdiff_t>(rate) * 13 / 10);
    const Match found = match(heard, sweep(1, rate));
    CHECK(found.snr_db >= 70);
  }
  MESSAGE("last sample at most ", worst, " ms after flush()");
}

TEST_CASE("a dry queue: silence, no xrun, the rest whole") {
  const Recorder recorder(listener, 24000);
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  const Samples answer = sweep(2, 24000);
  for (std::size_t at = 0; at < answer.size(); at += 4800) {
    bench.say(1, std::span(answer).subspan(at, 4800));
    bench.pass(at == 9600 ? 1500 : 150);
  }
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  CHECK(bench.engine->counters().playback_xruns == 0);
  CHECK(bench.log.ends[0].heard_ms == 2000);
  Samples heard = recorder.samples();
  const std::size_t first = match(heard, Samples(answer.begin(), answer.begin() + 14400)).offset;
  REQUIRE(match(heard, Samples(answer.begin(), answer.begin() + 14400)).snr_db == 300);
  // Around the gap it fades: 5 ms of an echo at its beginning, 5 ms of the rest at its end.
  constexpr std::size_t fade = 120;
  heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(first + 14400 + fade));
  CHECK(first_sound(heard) > 24000);
  CHECK(match(heard, Samples(answer.begin() + 14400 + fade, answer.end())).snr_db == 300);
}

TEST_CASE("a gap within an answer does not click") {
  const Recorder recorder(listener, 24000);
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  constexpr std::size_t period = 120;  // 200 Hz: steps of at most 524
  Samples tone;
  for (std::size_t n = 0; n < 24000; ++n)
    tone.push_back(static_cast<std::int16_t>(
        std::lround(10000 * std::sin(2 * 3.14159265358979 * static_cast<double>(n) / period))));
  // It breaks off where it is loudest, and goes on from there.
  constexpr std::size_t first = 4800 + period / 4;
  bench.say(1, std::span(tone).first(first));
  bench.pass(600);
  bench.say(1, std::span(tone).subspan(first, 12000));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  const Samples heard = recorder.samples();
  const std::size_t end = last_sound(heard) - period;  // its own end is as abrupt as it is
  int step = 0;
  for (std::size_t n = first_sound(heard); n < end; ++n)
    step = std::max(step, std::abs(heard[n + 1] - heard[n]));
  MESSAGE("largest step ", step);
  CHECK(step < 700);
  CHECK(bench.log.ends[0].heard_ms == (first + 12000) * 1000 / 24000);
}

TEST_CASE("capture: a sample is dispatched within a period and 1 ms of crossing the device") {
  for (const unsigned rate : {16000U, 48000U}) {
    CAPTURE(rate);
    const Player player(mouth, rate, sweep(2, rate));
    Bench bench;
    REQUIRE(bench.open_capture(microphone));
    CHECK(bench.log.capture_info.rate == rate);
    REQUIRE(bench.until([&bench] { return bench.log.heard.size() > 16000U * 3; }));
    std::int64_t worst = 0;
    std::int64_t longest = 0;
    for (const Log::Chunk& chunk : bench.log.chunks) {
      const std::int64_t last = chunk.dispatched_ns - chunk.captured_ns;
      // The first of a converted stream waits for the filter's second half.
      if (rate == 16000 || &chunk != bench.log.chunks.data()) {
        longest = std::max(longest, last + std::int64_t{chunk.frames} * 62'500);
      }
      worst = std::max(worst, last);
    }
    // The stamp itself, against the clock of the player.
    const Match found = match(bench.log.heard, [] {
      Samples said = sweep(2, 16000);
      said.resize(16000);
      return said;
    }());
    std::size_t at = 0;
    double stamp_ms = 0;
    for (const Log::Chunk& chunk : bench.log.chunks) {
      if (found.offset < at + chunk.frames) {
        const auto behind = static_cast<std::int64_t>(at + chunk.frames - 1 - found.offset);
        stamp_ms =
            static_cast<double>(chunk.captured_ns - behind * 62'500 - player.first_ns()) / 1e6;
        break;
      }
      at += chunk.frames;
    }
    MESSAGE(rate, " Hz: last sample of a chunk dispatched at most ",
            static_cast<double>(worst) / 1e6, " ms, first at most ",
            static_cast<double>(longest) / 1e6, " ms after it crossed; stamp off by ", stamp_ms,
            " ms; SNR ", found.snr_db);
    CHECK(longest <= (rate == 16000 ? 21'000'000 : 24'000'000));
    CHECK(found.snr_db > (rate == 16000 ? 299 : 60));
    CHECK(bench.engine->counters().capture_xruns == 0);
  }
}

TEST_CASE("200 ms without the main loop: nothing of it is heard, and no word is lost") {
  const Recorder recorder(listener, 24000);
  const Player player(mouth, 16000, sweep(5, 16000));
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  const Samples answer = sweep(4, 24000);
  // As the service does it: one second ahead of the speaker.
  bench.say(1, std::span(answer).first(24000));
  for (std::size_t at = 24000; at < answer.size(); at += 12000) {
    bench.pass(300);
    poll(nullptr, 0, 200);  // the loop is busy with something
    bench.say(1, std::span(answer).subspan(at, 12000));
  }
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.until([&bench] { return bench.log.heard.size() > 16000U * 6; }));
  REQUIRE(bench.record(recorder));
  CHECK(match(recorder.samples(), answer).snr_db == 300);
  CHECK(match(bench.log.heard, sweep(5, 16000)).snr_db == 300);
  const audio::Counters counters = bench.engine->counters();
  CHECK(counters.playback_xruns == 0);
  CHECK(counters.capture_xruns == 0);
  CHECK(counters.capture_dropped == 0);
}

TEST_CASE("a busy card is told from a missing one") {
  Bench first;
  REQUIRE(first.open_playback(speaker));
  Bench second;
  CHECK_FALSE(second.open_playback(speaker));
  MESSAGE(second.log.failures[0].message);
  CHECK(second.log.failures[0].message.find("in use by another program") != std::string::npos);
}

TEST_CASE("dmix, which has neither mono nor 24 kHz nor a drop that cuts, is cut by the rewind") {
  Bench bench;
  REQUIRE(bench.open_playback("dmix:CARD=Speaker,DEV=0"));
  CHECK(bench.log.playback_info.rate == 48000);
  bench.say(1, Samples(24000 * 4, 10000));
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  const Recorder recorder("plughw:Speaker,1,0", 48000);
  REQUIRE(bench.record(recorder, 1000));
  const std::int64_t cut_ns = audio::now_ns();
  bench.engine->flush();
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder, 300));
  const Samples heard = recorder.samples();
  REQUIRE(first_sound(heard, 4000) < heard.size());
  const double late = static_cast<double>(recorder.time_of(last_sound(heard, 4000)) - cut_ns) / 1e6;
  MESSAGE("last sample ", late, " ms after flush()");
  CHECK(late <= 2);
}
