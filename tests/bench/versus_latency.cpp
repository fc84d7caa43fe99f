// How late the daemon is beside the tutorial's programs, in the same conversation: exact in virtual
// time on kernel devices; on a sound server its latency is in every figure.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/bench/clicks.hpp"
#include "tests/bench/scene.hpp"
#include "tests/bench/table.hpp"
#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/speaker.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;
using namespace gv::bench;

namespace {

constexpr unsigned answer_rate = 24000;
constexpr int threshold = 200;

int rounds(int in_virtual_time, int on_a_sound_server) {
  return on_kernel() ? in_virtual_time : on_a_sound_server;
}

std::vector<Entry> entries() {
  return {ours("queued", "off"), ours("direct", "off"), tutorial(true, 512), tutorial(true, 320),
          tutorial(false, 512)};
}

// A short question, and quiet after it, so that it is answered.
std::size_t ask(Microphone& microphone, std::uint32_t seed) {
  return microphone.say(speech(0.6, microphone.rate(), seed));
}

std::vector<double> microphone_to_service(const Entry& entry) {
  Scene scene(entry, {.speaker_rate = answer_rate});
  Microphone microphone(*scene.bed);
  scene.begin();
  const int clicks = rounds(40, 12);
  const std::vector<double> times = clicks_to_service(microphone, *scene.sim, clicks);
  CHECK(times.size() == static_cast<std::size_t>(clicks));
  return times;
}

std::vector<double> service_to_speaker(const Entry& entry) {
  Scene scene(entry, {.speaker_rate = answer_rate, .answer = tone(0.4, answer_rate, 440)});
  const SpeakerRecorder speaker(*scene.bed, answer_rate);
  Microphone microphone(*scene.bed);
  scene.begin();
  std::vector<double> times;
  for (int round = 0; round < rounds(30, 8); ++round) {
    const std::size_t seen = scene.sim->events().size();
    const std::size_t before = speaker.size();
    ask(microphone, 300U + static_cast<unsigned>(round));
    const std::int64_t sent = t_ns(scene.sim->wait_for("sent", what("audio"), seen));
    times.push_back(ms_between(sent, speaker.time_of(speaker.wait_for_sound(before))));
    speaker.wait_for_quiet(milliseconds(300), milliseconds(10'000));
    scene.sim->wait_for("sent", what("turn_complete"), seen);
  }
  return times;
}

struct Interruption {
  std::vector<double> silence_ms;  // from `interrupted` to the last sample before 30 ms of silence
  std::vector<double> leak_ms;     // of the cancelled turn, heard after that
};

// A long answer that the service sends in one burst and takes back 1.5 s later, and a late piece of
// it that comes afterwards.
Interruption interruption(const Entry& entry) {
  const int times = rounds(12, 4);
  json::array rules;
  for (int round = 1; round <= times; ++round) {
    rules.push_back({{"on", "speech_end"},
                     {"nth", round},
                     {"after_ms", 2400 + 37 * round},
                     {"do", "interrupt"}});
  }
  rules.push_back(
      {{"on", "interrupted"}, {"nth", "every"}, {"do", "late_audio"}, {"audio_ms", 300}});
  Scene scene(entry, {.speaker_rate = answer_rate,
                      .answer = tone(7.7, answer_rate, 440),
                      .sim = {"--speed=100"},
                      .script = json::serialize(rules)});
  const SpeakerRecorder speaker(*scene.bed, answer_rate);
  Microphone microphone(*scene.bed);
  scene.begin();
  Interruption all;
  for (int round = 0; round < times; ++round) {
    const std::size_t seen = scene.sim->events().size();
    const std::size_t before = speaker.size();
    ask(microphone, 400U + static_cast<unsigned>(round));
    speaker.wait_for_sound(before);
    const std::int64_t sent = t_ns(scene.sim->wait_for("sent", what("interrupted"), seen));
    const std::size_t end = speaker.wait_for_quiet(milliseconds(900), milliseconds(20'000));
    const Samples heard = speaker.samples();
    const auto loud = [&heard](std::size_t frame) { return std::abs(heard[frame]) > threshold; };
    const auto cut = static_cast<std::size_t>(std::max<std::int64_t>(0, speaker.frame_at(sent)));
    std::size_t last = cut;
    std::size_t frame = cut;
    for (; frame < end && frame < last + answer_rate * 30 / 1000; ++frame) {
      if (loud(frame)) last = frame;
    }
    double leaked = 0;
    for (std::size_t at = frame; at < end; ++at)
      leaked += loud(at) ? 1000.0 / answer_rate : 0;
    all.silence_ms.push_back(ms_between(sent, speaker.time_of(last)));
    all.leak_ms.push_back(leaked);
  }
  return all;
}

// From the last sound that an old connection got to the first one that its successor got; negative
// where both got some at once. The service gives notice after each answer, 400 ms later.
std::vector<double> handover_gaps(const Entry& entry) {
  const int times = rounds(10, 4);
  const json::array rules{{{"on", "turn_complete"},
                           {"nth", "every"},
                           {"after_ms", 400},
                           {"do", "go_away"},
                           {"time_left_ms", 20'000}}};
  Scene scene(entry, {.speaker_rate = answer_rate,
                      .answer = tone(0.4, answer_rate, 440),
                      .script = json::serialize(rules)});
  Microphone microphone(*scene.bed);
  scene.begin();
  std::vector<double> gaps;
  for (int connection = 1; connection <= times; ++connection) {
    ask(microphone, 500U + static_cast<unsigned>(connection));
    const json::object first = scene.sim->wait_for("audio", [connection](const json::object& line) {
      return line.at("conn").to_number<int>() == connection + 1;
    });
    std::int64_t last = 0;
    for (const json::object& line : scene.sim->events()) {
      if (line.at("event") == "audio" && line.at("conn").to_number<int>() == connection)
        last = t_ns(line);
    }
    gaps.push_back(ms_between(last, t_ns(first)));
  }
  return gaps;
}

void add(const Table& table, const std::string& metric, const Entry& entry,
         const std::vector<double>& values) {
  table.add(entry.name, values);
  record(metric, "ms", entry.name, values);
}

}  // namespace

TEST_CASE("latencies, beside the tutorial's programs") {
  const std::string where = "; " + setting();
  const Table in("A sound at the microphone -> at the service" + where, "ms");
  for (const Entry& entry : entries())
    add(in, "mic_to_wire", entry, microphone_to_service(entry));
  const Table out("First sound of an answer sent -> at the speaker" + where, "ms");
  for (const Entry& entry : entries())
    add(out, "wire_to_speaker", entry, service_to_speaker(entry));
  const Table stop("`interrupted` sent -> silence, then what leaks" + where, "ms");
  for (const Entry& entry : entries()) {
    const Interruption got = interruption(entry);
    add(stop, "interrupted_to_silence", entry, got.silence_ms);
    add(stop, "leak", entry, got.leak_ms);
  }
}

TEST_CASE("a hand-over") {
  const Table gap("Last sound on one connection -> first on the next, at a hand-over", "ms");
  add(gap, "handover_gap", ours("queued", "off"), handover_gaps(ours("queued", "off")));
}
