// The beds themselves: what goes in at one end comes out at the other, unchanged and on time. Where
// this fails, no other result of the suite means anything.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "tests/e2e/support/bed.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/speaker.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

TEST_CASE("the speaker of the bed is heard sample by sample") {
  constexpr unsigned rate = 48000;  // PipeWire's own
  for (gv::test::Attempts attempts; attempts.next();) {
    const auto bed = make_bed(rate);
    const SpeakerRecorder speaker(*bed, rate);
    CHECK_FALSE(bed->playback_in_use());
    const Samples sent = white_noise(2, rate, 1);
    const Samples silence(rate / 2);
    {
      Pcm pcm(bed->playback_device(), SND_PCM_STREAM_PLAYBACK, rate, 60);
      pcm.write(sent);
      CHECK(bed->playback_in_use());
      pcm.write(silence);  // pushes the last of it out
    }
    speaker.wait_for_quiet(std::chrono::milliseconds(200), patience);
    const bool whole = find_exact(speaker.samples(), sent).has_value();
    if (!whole && attempts.spoilt()) continue;
    CHECK(speaker.xruns() == 0);
    CHECK(whole);
    break;
  }
}

TEST_CASE("the microphone of the bed is heard, at the times that the test takes for true") {
  for (gv::test::Attempts attempts; attempts.next();) {
    const auto bed = make_bed(24000);
    Microphone microphone(*bed);
    Pcm pcm(bed->capture_device(), SND_PCM_STREAM_CAPTURE, bed->speaking_rate(), 500);
    CHECK(bed->capture_in_use());
    const Samples said = speech(1, microphone.rate(), 2);
    const std::size_t phrase = microphone.say(said);

    Samples heard;
    Timeline timeline(microphone.rate());
    std::vector<std::int16_t> block(pcm.period());
    while (heard.size() < 3UL * microphone.rate()) {
      pcm.read(block);
      heard.insert(heard.end(), block.begin(), block.end());
      timeline.add(static_cast<std::int64_t>(heard.size()),
                   now_ns() - pcm.delay() * 1'000'000'000LL / microphone.rate());
    }
    const Match match = find_similar(heard, said);
    const double offset_ms =
        static_cast<double>(timeline.time_of(match.at) - microphone.time_of(phrase, 0)) / 1e6;
    MESSAGE("heard " << offset_ms << " ms after it was said");
    const bool good = match.similarity > 0.999 && offset_ms > -30 && offset_ms < 60;
    if (!good && attempts.spoilt()) continue;
    CHECK(match.similarity > 0.999);
    if (bed->exact()) {
      CHECK(find_exact(heard, said));
      CHECK(std::abs(offset_ms) < 1.1);  // a tick of the kernel
    } else {
      CHECK(offset_ms > -30);
      CHECK(offset_ms < 60);
    }
    break;
  }
}

TEST_CASE("a resampled sound is told from a damaged one") {
  const Samples sent = speech(3, 24000, 3);
  const Samples wide = doubled(sent);
  Samples heard(4800);
  heard.insert(heard.end(), wide.begin(), wide.end());
  heard.resize(heard.size() + 4800);
  const Match match = find_similar(heard, wide);
  CHECK(match.at == 4800);
  CHECK(snr_db(heard, wide, match.at) > 90);
  heard.erase(heard.begin() + 50000);  // one sample lost
  CHECK(snr_db(heard, wide, match.at) < 40);
}
