// What the service says reaches the speaker whole, in order, once: compared sample by sample.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// A long answer where time is virtual, a shorter one where it passes.
double answer_seconds() {
  return virtual_time() ? 60 : 6;
}

// Until the answer to one typed question was heard to its end.
void hear_answer(Stage& stage, const SpeakerRecorder& speaker, double seconds) {
  stage.start_session();
  stage.voice->say("Please go on for a long while.");
  const std::size_t begin = speaker.wait_for_sound();
  stage.voice->wait_for_state("listening", milliseconds(static_cast<int>(seconds * 1000) + 20'000));
  const milliseconds heard(begin * 1000 / speaker.rate());
  speaker.wait_for_quiet(milliseconds(500), heard + milliseconds(20'000));
}

void check_no_xruns(Stage& stage, const SpeakerRecorder& speaker) {
  CHECK(speaker.xruns() == 0);
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("playback_xruns").to_number<int>() == 0);
  CHECK(statistics.at("capture_xruns").to_number<int>() == 0);
}

// A sound server has no rate of its own, so that the daemon gives it 48 kHz: only a kernel device
// can be compared bit by bit.
void check_exact(const std::string& buffering) {
  const double seconds = answer_seconds();
  StageOptions options;
  options.answer = white_noise(seconds, 24000, 11);
  options.daemon.buffering = buffering;
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  hear_answer(stage, speaker, seconds);

  const Samples heard = speaker.samples();
  CHECK(stage.sim->downlink() == options.answer);
  const auto at = find_exact(heard, options.answer);
  if (!at) {
    const std::size_t begin = speaker.wait_for_sound(0, 0);
    const Match similar = find_similar(heard, SampleView(options.answer).first(24000));
    FAIL("sound begins at " << begin << " with " << equal_samples(heard, options.answer, begin)
                            << " equal samples; the first second is most alike at " << similar.at
                            << ", by " << similar.similarity);
  }
  // And nothing else: not before, not after.
  const SampleView all(heard);
  CHECK(end_of_sound(all.first(*at), 0) == 0);
  CHECK(end_of_sound(all.subspan(*at + options.answer.size()), 0) == 0);
  check_no_xruns(stage, speaker);
  CHECK(stage.voice->statistics().at("audio_out_ms").to_number<double>() ==
        doctest::Approx(seconds * 1000).epsilon(0.001));
}

void check_resampled(const std::string& buffering) {
  const double seconds = answer_seconds();
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.speaker_rate = 48000;
    options.answer = speech(seconds, 24000, 12);
    options.daemon.buffering = buffering;
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 48000);
    hear_answer(stage, speaker, seconds);

    const Samples heard = speaker.samples();
    const Samples wanted = doubled(options.answer);
    const Match match = find_similar(heard, wanted);
    const double snr = snr_db(heard, wanted, match.at);
    MESSAGE(buffering << " through the resampler: " << snr << " dB");
    const bool good = snr >= 70 && stage.voice->statistics().at("playback_xruns") == 0;
    if (!good && attempts.spoilt()) continue;
    CHECK(snr >= 70);
    // The head and the tail by themselves: a lost millisecond would not show in a minute.
    const SampleView view(wanted);
    CHECK(snr_db(heard, view.first(960), match.at) >= 40);
    const auto tail = static_cast<std::ptrdiff_t>(wanted.size() - 960);
    CHECK(snr_db(heard, view.last(960), match.at + tail) >= 40);
    check_no_xruns(stage, speaker);
    break;
  }
}

}  // namespace

TEST_CASE("queued: every sample of a long answer is heard, bit by bit" *
          doctest::skip(!on_kernel())) {
  check_exact("queued");
}

TEST_CASE("direct: every sample of a long answer is heard, bit by bit" *
          doctest::skip(!on_kernel())) {
  check_exact("direct");
}

TEST_CASE("queued: a long answer through the resampler has 70 dB SNR") {
  check_resampled("queued");
}

TEST_CASE("direct: a long answer through the resampler has 70 dB SNR") {
  check_resampled("direct");
}

TEST_CASE("speech in, the very samples out") {
  for (gv::test::Attempts attempts; attempts.next();) {
    Stage stage;
    const SpeakerRecorder speaker(*stage.bed, 24000);
    Microphone microphone(*stage.bed);
    stage.start_session();
    const Samples said = speech(1.5, microphone.rate(), 13);
    const std::size_t phrase = microphone.say(said);
    const std::size_t begin = speaker.wait_for_sound(0, 200, milliseconds(20'000));
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));

    // To the service: the samples that were said; to the speaker: those that the service sent.
    const Samples uplink = stage.sim->uplink();
    const Samples downlink = stage.sim->downlink();
    if (stage.bed->exact()) {
      CHECK(find_exact(uplink, said));
      CHECK(find_exact(speaker.samples(), downlink));
    } else {
      const double sent = find_similar(uplink, thinned(said, microphone.rate() / 16000)).similarity;
      const double heard = find_similar(speaker.samples(), downlink).similarity;
      if (std::min(sent, heard) <= 0.98 && attempts.spoilt()) continue;
      CHECK(sent > 0.98);
      CHECK(heard > 0.98);
    }
    const double delay_ms =
        static_cast<double>(speaker.time_of(begin) - microphone.time_of(phrase, said.size())) / 1e6;
    MESSAGE("answered " << delay_ms << " ms after the last word");
    CHECK(delay_ms > 0);
    CHECK(delay_ms < 3000);  // the sim listens 500 ms for more, thinks for 400
    const json::object statistics = stage.voice->statistics();
    CHECK(statistics.at("last_turn_latency_ms").to_number<double>() > 0);
    CHECK(statistics.at("wire_to_device_us_p50").to_number<double>() > 0);
    break;
  }
}
