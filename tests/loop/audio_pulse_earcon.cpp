// Earcons on a real PulseAudio: alone, over an answer, and before the speaker is closed.
#include <algorithm>

#include <doctest/doctest.h>

#include "daemon/audio/resampler.hpp"
#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_pulse_server.hpp"
#include "tests/support/attempts.hpp"

using namespace gv;
using namespace gv::test;
using audio::Earcon;

namespace {

Samples earcon(Earcon which) {
  Samples out;
  audio::Resampler resampler(audio::playback_rate, monitor_rate);
  Samples sound = audio::synthesise(which);
  sound.resize(sound.size() + resampler.latency() + 100);
  resampler.process(sound, out);
  return out;
}

struct Stand {
  Stand() { REQUIRE(bench.open_playback(speaker)); }
  PulseServer server;
  Recorder recorder{monitor, monitor_rate};
  Bench bench;
};

}  // namespace

TEST_CASE("an earcon is heard where nothing plays, and no turn is told of") {
  for (Attempts attempts; attempts.next();) {
    Stand stand;
    auto& [server, recorder, bench] = stand;
    double worst_db = 300;
    for (const Earcon which : {Earcon::start, Earcon::error}) {
      const std::size_t before = recorder.count();
      const auto fresh = [&recorder = recorder, before] {
        const Samples all = recorder.samples();
        return Samples(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
      };
      bench.engine->ring(which);
      REQUIRE(bench.until([&fresh] {
        const Samples heard = fresh();
        return first_sound(heard, 100) < heard.size() &&
               heard.size() > last_sound(heard, 100) + monitor_rate / 5;
      }));
      worst_db = std::min(worst_db, match(fresh(), earcon(which)).snr_db);
    }
    MESSAGE("SNR ", worst_db, " dB");
    if (worst_db < 40 && attempts.spoilt()) continue;
    CHECK(worst_db >= 40);
    CHECK(bench.log.starts.empty());
    CHECK(bench.log.ends.empty());
    CHECK(bench.engine->counters().playback_frames == 0);
    break;
  }
}

TEST_CASE("over an answer it is added: nothing of the answer is missing or late") {
  for (Attempts attempts; attempts.next();) {
    Stand stand;
    auto& [server, recorder, bench] = stand;
    bench.say(1, sweep(2, audio::playback_rate));
    bench.end(1);
    REQUIRE(bench.until([&recorder = recorder] {
      return recorder.count() > first_sound(recorder.samples(), 1000) + monitor_rate / 2;
    }));
    bench.engine->ring(Earcon::mute);
    REQUIRE(bench.until([&bench = bench] { return !bench.log.ends.empty(); }));
    REQUIRE(bench.record(recorder));
    CHECK(bench.log.ends[0].heard_ms == 2000);
    CHECK_FALSE(bench.log.ends[0].cut);

    Samples heard = recorder.samples();
    const Samples answer = sweep(2, monitor_rate);
    const std::size_t at = match(heard, answer).offset;
    for (std::size_t n = 0; n < answer.size() && at + n < heard.size(); ++n)
      heard[at + n] = static_cast<std::int16_t>(heard[at + n] - answer[n]);
    // What an ideal interpolation and ours differ by is softer than this.
    const std::size_t first = first_sound(heard, 100);
    REQUIRE(first < heard.size());
    const Match found =
        match({heard.begin() + static_cast<std::ptrdiff_t>(first - 2000), heard.end()},
              earcon(Earcon::mute));
    MESSAGE("SNR of what is left, against the earcon: ", found.snr_db, " dB");
    if (found.snr_db < 25 && attempts.spoilt()) continue;
    CHECK(found.snr_db >= 25);
    break;
  }
}

namespace {

void check_farewell(bool answering) {
  for (Attempts attempts; attempts.next();) {
    Stand stand;
    auto& [server, recorder, bench] = stand;
    if (answering) {
      bench.say(1, Samples(48000, 50));
      REQUIRE(bench.until([&recorder = recorder] {
        return first_sound(recorder.samples(), 10) < recorder.samples().size();
      }));
    }
    const std::int64_t asked_ns = audio::now_ns();
    bench.engine->ring(Earcon::stop);
    bench.engine->flush();
    bench.engine->close_playback();
    REQUIRE(bench.until([&bench = bench] { return !bench.log.playback_open; }));
    const double took_ms = ms_since(asked_ns);
    REQUIRE(bench.record(recorder));
    const Samples all = recorder.samples();
    const std::size_t first = first_sound(all, 200);
    REQUIRE(first < all.size());
    // match() looks near the first sound, which is the answer's where that ended just before.
    constexpr std::size_t rise = 500;  // more than the earcon's own, and less than match() looks
    const Match found = match(
        {all.begin() + static_cast<std::ptrdiff_t>(first > rise ? first - rise : 0), all.end()},
        earcon(Earcon::stop));
    MESSAGE("closed after ", took_ms, " ms, SNR ", found.snr_db, " dB");
    CHECK(bench.log.ends.size() == (answering ? 1 : 0));
    if ((found.snr_db < 30 || took_ms > 400) && attempts.spoilt()) continue;
    CHECK(found.snr_db >= 30);
    CHECK(took_ms < 400);
    break;
  }
}

}  // namespace

TEST_CASE("the speaker is closed when the earcon was heard") {
  check_farewell(false);
}

TEST_CASE("the speaker is closed when the earcon was heard, and an answer is not waited for") {
  check_farewell(true);
}

TEST_CASE("who opens the speaker again does not wait for the earcon, and none is left behind") {
  Stand stand;
  auto& [server, recorder, bench] = stand;
  bench.engine->ring(Earcon::stop);
  bench.engine->close_playback();
  bench.log.closed = 0;
  bench.log.playback_open = false;
  REQUIRE(bench.open_playback(speaker));
  bench.engine->close_playback();
  REQUIRE(bench.until([&bench = bench] { return bench.log.closed == 2; }));
  bench.engine->ring(Earcon::error);  // there is no speaker
  REQUIRE(bench.open_playback(speaker));
  const std::size_t opened = recorder.count();
  REQUIRE(bench.record(recorder, 500));
  const Samples all = recorder.samples();
  CHECK(first_sound({all.begin() + static_cast<std::ptrdiff_t>(opened), all.end()}, 100) ==
        all.size() - opened);
}
