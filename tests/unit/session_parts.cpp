#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/live/base64.hpp"
#include "daemon/session/answer_feed.hpp"
#include "daemon/session/statistics.hpp"
#include "daemon/session/transcript.hpp"

using namespace gv;
using namespace gv::session;

namespace {

std::vector<std::uint8_t> pcm_bytes(std::size_t samples) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < samples; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i & 0xff));
    bytes.push_back(static_cast<std::uint8_t>((i >> 8) & 0x7f));
  }
  return bytes;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  live::append_base64(text, bytes);
  return text;
}

std::vector<std::int16_t> drain(audio::PlayoutQueue& queue) {
  std::vector<std::int16_t> samples;
  std::vector<std::int16_t> piece(audio::PlayoutBlock::capacity);
  while (const auto read = queue.read(piece)) {
    samples.insert(samples.end(), piece.begin(), piece.begin() + read.frames);
  }
  return samples;
}

}  // namespace

TEST_CASE("parts of any size, odd ones too, arrive whole and in order") {
  const auto bytes = pcm_bytes(20000);
  for (const std::vector<std::size_t>& cuts : {std::vector<std::size_t>{40000},
                                               {2, 2400, 7680, 15360, 14558},
                                               {1, 1, 1, 4799, 35198},
                                               {4801, 35199},
                                               {3, 4800, 4800, 4800, 25597},
                                               {9599, 1, 30400}}) {
    audio::PlayoutQueue queue;
    AnswerFeed feed(queue);
    std::size_t at = 0;
    std::uint64_t frames = 0;
    for (const auto cut : cuts) {
      const auto fed = feed.feed(1, base64(std::span(bytes).subspan(at, cut)), 7);
      CHECK(fed.sound);
      CHECK(fed.dropped == 0);
      frames += fed.frames;
      at += cut;
    }
    REQUIRE(at == bytes.size());
    CHECK(frames == 20000);
    const auto samples = drain(queue);
    REQUIRE(samples.size() == 20000);
    bool same = true;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      same = same && samples[i] == static_cast<std::int16_t>(i & 0x7fff);
    }
    CHECK(same);
  }
}

TEST_CASE("an odd byte is not carried into another turn or over a flush") {
  audio::PlayoutQueue queue;
  AnswerFeed feed(queue);
  const std::vector<std::uint8_t> odd{1, 0, 9};
  const std::vector<std::uint8_t> even{2, 0};
  feed.feed(1, base64(odd), 0);
  feed.feed(2, base64(even), 0);
  feed.feed(2, base64(odd), 0);
  feed.reset();
  feed.feed(2, base64(even), 0);
  CHECK(drain(queue) == std::vector<std::int16_t>{1, 2, 1, 2});
}

TEST_CASE("what is not base64 is told, what came before it is kept") {
  audio::PlayoutQueue queue;
  AnswerFeed feed(queue);
  const auto good = base64(pcm_bytes(2400));
  const auto fed = feed.feed(1, good + "****", 0);
  CHECK_FALSE(fed.sound);
  CHECK(fed.frames == 2400);
}

TEST_CASE("a full queue drops and counts") {
  audio::PlayoutQueue queue;
  queue.set_limit(4800);
  AnswerFeed feed(queue);
  const auto fed = feed.feed(1, base64(pcm_bytes(9600)), 0);
  CHECK(fed.frames == 4800);
  CHECK(fed.dropped == 4800);
}

TEST_CASE("percentiles are exact over the newest values") {
  LatencyWindow window;
  CHECK(window.percentile_us(0.5) == 0);
  window.add(5000);
  CHECK(window.percentile_us(0.5) == 5);
  CHECK(window.percentile_us(0.99) == 5);
  for (int i = 1; i <= 100; ++i)
    window.add(i * 1'000'000);
  CHECK(window.percentile_us(0.5) == 50000);
  CHECK(window.percentile_us(0.99) == 99000);
  CHECK(window.percentile_us(1.0) == 100000);
  for (int i = 0; i < 2000; ++i)
    window.add(1000);
  CHECK(window.percentile_us(1.0) == 1);
  window.add(-5);
  CHECK(window.percentile_us(0.0) == 0);
}

TEST_CASE("statistics have every name of the contract") {
  Statistics statistics;
  statistics.frames_sent = 16000;
  statistics.audio_out_frames = 48000;
  audio::Counters engine;
  engine.capture_dropped = 3;
  engine.capture_lost = 5;
  engine.playback_lost = 6;
  statistics.frames_dropped = 4;
  const auto values = statistics.values(Counters{}, engine, {-30, -20, 25.0, {}});
  for (const auto* name : {"connects",
                           "reconnects",
                           "handovers",
                           "capture_xruns",
                           "playback_xruns",
                           "frames_sent",
                           "frames_dropped",
                           "audio_in_ms",
                           "audio_out_ms",
                           "interruptions",
                           "stalls",
                           "loop_lag_max_us",
                           "mic_to_wire_us_p50",
                           "mic_to_wire_us_p99",
                           "wire_to_device_us_p50",
                           "wire_to_device_us_p99",
                           "interrupt_to_silence_us_p50",
                           "interrupt_to_silence_us_p99",
                           "last_turn_latency_ms",
                           "tokens_in",
                           "tokens_out"}) {
    CAPTURE(name);
    CHECK(values.contains(name));
  }
  CHECK(std::get<std::uint64_t>(values.at("audio_in_ms")) == 1000);
  CHECK(std::get<std::uint64_t>(values.at("audio_out_ms")) == 2000);
  CHECK(std::get<std::uint64_t>(values.at("frames_dropped")) == 7);
  CHECK(std::get<std::uint64_t>(values.at("capture_lost")) == 5);
  CHECK(std::get<std::uint64_t>(values.at("playback_lost")) == 6);
}

TEST_CASE("the transcript keeps the newest, bounded in entries and bytes") {
  Transcript transcript;
  for (std::uint64_t i = 0; i < Transcript::max_entries + 5; ++i) {
    transcript.add({i, 0, Role::user, "x"});
  }
  CHECK(transcript.newest(0).size() == Transcript::max_entries);
  CHECK(transcript.newest(0).front().turn == 5);
  REQUIRE(transcript.newest(2).size() == 2);
  CHECK(transcript.newest(2).back().turn == Transcript::max_entries + 4);
  CHECK(transcript.newest(99999).size() == Transcript::max_entries);
  transcript.add({7, 0, Role::model, std::string(Transcript::max_bytes, 'y')});
  CHECK(transcript.newest(0).size() == 1);
}
