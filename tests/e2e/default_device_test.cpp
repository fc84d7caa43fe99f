// The user puts a headset on while talking: the server's default speaker and microphone change, its
// streams follow, and the conversation notices nothing of it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/by_key.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/sound_server.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

constexpr unsigned server_rate = 48000;

void pactl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "pactl");
  const Result done = run(arguments);
  REQUIRE_MESSAGE(done.status == 0, done.errors);
}

void remap(const std::string& from, const std::string& to) {
  pactl({"load-module", "module-remap-source", "master=" + from, "source_name=" + to, "channels=1",
         "channel_map=mono", "remix=no"});
}

// Its microphone is in the same room as the other one.
void plug_in_headset() {
  pactl({"load-module", "module-null-sink", "sink_name=headset", "norewinds=1", "channels=1",
         "channel_map=mono", "rate=" + std::to_string(server_rate)});
  remap("room.monitor", "headset_mic");
}

StageOptions on_default_devices() {
  StageOptions options;
  options.speaker_rate = server_rate;
  options.daemon.playback_device = "default";
  options.daemon.capture_device = "default";
  return options;
}

// What was late or lost, as the daemon counts it.
int losses(Stage& stage) {
  const json::object statistics = stage.voice->statistics();
  int sum = 0;
  for (const char* name : {"playback_xruns", "capture_xruns", "frames_dropped"})
    sum += statistics.at(name).to_number<int>();
  return sum;
}

// Neither device was closed or opened since `seen` signals were there, nothing was complained of.
void check_unnoticed(Stage& stage, std::size_t seen) {
  const std::vector<BusSignal>& signals = stage.voice->signals();
  for (std::size_t i = seen; i < signals.size(); ++i) {
    if (signals[i].member != "PropertiesChanged") continue;
    const json::object& changed = signals[i].arguments.at(1).as_object();
    CHECK_FALSE(changed.contains("CaptureOpen"));
    CHECK_FALSE(changed.contains("PlaybackOpen"));
  }
  CHECK(errors(stage, seen) == 0);
  CHECK(stage.sim->count("connect") == 1);
  CHECK(losses(stage) == 0);
}

// Until the service has heard so much more.
void wait_for_more(const Sim& sim, std::size_t ms) {
  const std::size_t enough = sim.uplink().size() + ms * 16;
  require("the microphone at the service",
          [&sim, enough] { return sim.uplink().size() >= enough; });
}

// How much of what was said is heard neither as its first second is, nor as its last: 10 ms by
// 10 ms, each where it belongs.
double unheard_ms(const Samples& heard, const Samples& said, const Match& head, const Match& tail) {
  constexpr std::size_t block = 160;
  constexpr std::ptrdiff_t around = 8;
  const SampleView all(heard);
  const std::ptrdiff_t tail_at = tail.at - static_cast<std::ptrdiff_t>(said.size() - 16000);
  const auto like = [&all](SampleView part, std::ptrdiff_t at) {
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(at - around, 0));
    if (from >= all.size()) return 0.0;
    const std::size_t count = std::min(all.size() - from, part.size() + 2 * around);
    return find_similar(all.subspan(from, count), part).similarity;
  };
  double ms = 0;
  for (std::size_t i = 0; i + block <= said.size(); i += block) {
    const SampleView part = SampleView(said).subspan(i, block);
    const auto at = static_cast<std::ptrdiff_t>(i);
    if (std::max(like(part, head.at + at), like(part, tail_at + at)) < 0.9) ms += 10;
  }
  return ms;
}

std::ptrdiff_t first_sound(const Samples& samples) {
  const auto loud = std::ranges::find_if(samples, [](int sample) { return std::abs(sample) > 50; });
  return loud - samples.begin();
}

}  // namespace

TEST_CASE("the default speaker changes in mid-answer: the rest is heard from the new one") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = on_default_devices();
    options.answer = speech(5, 24000, 601);
    Stage stage(options);
    plug_in_headset();
    // A source of its own: as a stream, WirePlumber would move the recording, too.
    remap("speaker.monitor", "heard");
    const SpeakerRecorder speaker("pulse:heard", server_rate);
    const SpeakerRecorder headset("pulse:headset.monitor", server_rate);
    stage.start_session();
    stage.voice->say("Tell me something long.");
    const std::size_t begin = speaker.wait_for_sound();
    require("two seconds of the answer",
            [&speaker, begin] { return speaker.size() >= begin + std::size_t{2} * server_rate; });
    const std::vector<std::string> before = playing_on("speaker");
    REQUIRE(before.size() == 1);
    const std::size_t seen = stage.voice->signals().size();
    pactl({"set-default-sink", "headset"});
    headset.wait_for_sound();
    CHECK(playing_on("headset") == before);
    CHECK(playing_on("speaker").empty());
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    headset.wait_for_quiet(milliseconds(500), milliseconds(20'000));

    const Samples wanted = doubled(options.answer);
    const SampleView all(wanted);
    const Samples first = speaker.samples();
    const Samples second = headset.samples();
    const Match head = find_similar(first, all.first(server_rate));
    const Match tail = find_similar(second, all.last(server_rate));
    // Of the answer: one past what was heard before the change, and the first that was after it.
    const auto end = static_cast<std::ptrdiff_t>(end_of_sound(first, 50)) - head.at;
    const auto rest =
        static_cast<std::ptrdiff_t>(wanted.size()) - server_rate - (tail.at - first_sound(second));
    const double lost_ms = static_cast<double>(rest - end) * 1000 / server_rate;
    REQUIRE(end > 0);
    REQUIRE(rest > 0);
    const double whole =
        std::min(find_similar(first, all.first(static_cast<std::size_t>(end))).similarity,
                 find_similar(second, all.subspan(static_cast<std::size_t>(rest))).similarity);
    MESSAGE("changed " << end * 1000 / server_rate << " ms into the answer; lost between the two: "
                       << lost_ms << " ms; alike by " << whole);
    const bool good = std::abs(lost_ms) <= 25 && whole > 0.98 && losses(stage) == 0;
    if (!good && attempts.spoilt()) continue;
    CHECK(lost_ms <= 25);
    CHECK(lost_ms >= -25);
    CHECK(whole > 0.98);
    check_unnoticed(stage, seen);
    break;
  }
}

TEST_CASE(
    "the default microphone changes in mid-sentence: the sentence reaches the service whole") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options = on_default_devices();
    options.sim = {"--answer=none"};
    Stage stage(options);
    plug_in_headset();
    Microphone microphone(*stage.bed);
    stage.start_session();
    const std::size_t seen = stage.voice->signals().size();
    const std::vector<std::string> before = recording_from("mic");
    REQUIRE(before.size() == 1);
    const Samples said = speech(4, microphone.rate(), 602);
    const std::size_t phrase = microphone.say(said);
    wait_for_more(*stage.sim, 2000);
    pactl({"set-default-source", "headset_mic"});
    require("the microphone is another one",
            [&before] { return recording_from("headset_mic") == before; });
    pactl({"set-source-mute", "mic", "1"});
    wait_until_heard(microphone, phrase, said.size());
    wait_for_more(*stage.sim, 500);

    const Samples uplink = stage.sim->uplink();
    const Samples wanted = thinned(said, microphone.rate() / 16000);
    const SampleView all(wanted);
    const Match head = find_similar(uplink, all.first(16000));
    const Match tail = find_similar(uplink, all.last(16000));
    const auto between = static_cast<std::ptrdiff_t>(wanted.size()) - 16000;
    const double lost_ms = static_cast<double>(between - (tail.at - head.at)) / 16;
    const double alike = std::min(head.similarity, tail.similarity);
    const double unheard = unheard_ms(uplink, wanted, head, tail);
    MESSAGE("lost in the middle: " << lost_ms << " ms; not heard: " << unheard << " ms; alike by "
                                   << alike);
    const bool good =
        std::abs(lost_ms) <= 25 && unheard <= 40 && alike > 0.98 && losses(stage) == 0;
    if (!good && attempts.spoilt()) continue;
    CHECK(lost_ms <= 25);
    CHECK(lost_ms >= -25);
    CHECK(unheard <= 40);  // what is lost, and the blocks at its two ends
    CHECK(alike > 0.98);
    check_unnoticed(stage, seen);
    break;
  }
}
