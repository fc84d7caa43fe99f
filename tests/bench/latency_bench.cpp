// The daemon's own share of every latency: from the microphone to the socket, from the socket to
// the speaker, from Start to the service, from the talk key to the first sample kept. Exact in
// virtual time on kernel devices; on a sound server its latency is in every figure.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "tests/bench/clicks.hpp"
#include "tests/bench/scene.hpp"
#include "tests/bench/table.hpp"
#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/programs.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;
using gv::bench::ms_between;
using gv::bench::Table;

namespace {

int rounds() {
  return on_kernel() ? 40 : 12;
}

double in_ms(const json::object& statistics, const char* microseconds) {
  return statistics.at(microseconds).to_number<double>() / 1000;
}

void microphone_to_wire(const Table& table) {
  StageOptions options;
  options.sim = {"--answer=none"};
  Stage stage(options);
  Microphone microphone(*stage.bed);
  stage.start_session();
  stage.voice->wait_for_property("CaptureOpen", true);
  const std::vector<double> times = gv::bench::clicks_to_service(microphone, *stage.sim, rounds());
  CHECK(times.size() == static_cast<std::size_t>(rounds()));
  const json::object statistics = stage.voice->statistics();
  table.add("a sound at the microphone -> at the service", times);
  table.add("  of it: the newest sample of a piece -> on the socket",
            in_ms(statistics, "mic_to_wire_us_p50"), in_ms(statistics, "mic_to_wire_us_p99"));
}

void wire_to_speaker(const Table& table, const char* prebuffer) {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.daemon.buffering = std::string("queued\n    prebuffer: ") + prebuffer;  // YAML
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  std::vector<double> times;
  for (int i = 0; i < rounds(); ++i) {
    const std::size_t seen = stage.sim->events().size();
    const std::size_t before = speaker.size();
    stage.voice->say("A word, please.");
    const std::int64_t sent = t_ns(stage.sim->wait_for("sent", what("audio"), seen));
    times.push_back(ms_between(sent, speaker.time_of(speaker.wait_for_sound(before))));
    speaker.wait_for_quiet(milliseconds(300), milliseconds(10'000));
    stage.voice->wait_for_state("listening");
  }
  const json::object statistics = stage.voice->statistics();
  table.add(std::string("an answer's first byte -> sounds (prebuffer ") + prebuffer + ")", times);
  table.add("  of it: on the socket -> taken by the device",
            in_ms(statistics, "wire_to_device_us_p50"), in_ms(statistics, "wire_to_device_us_p99"));
}

void start_to_setup(const Table& table) {
  std::vector<double> cold;
  std::vector<double> warm;
  for (int daemons = 0; daemons < 5; ++daemons) {
    Stage stage;
    for (int i = 0; i < 4; ++i) {
      const std::size_t seen = stage.sim->events().size();
      const std::int64_t asked = now_ns();
      stage.voice->start();
      const json::object setup = stage.sim->wait_for(
          "setup", [](const json::object&) { return true; }, seen);
      (i == 0 ? cold : warm).push_back(ms_between(asked, t_ns(setup)));
      stage.voice->wait_for_state("listening");
      stage.voice->stop(true);
      stage.voice->wait_for_state("idle");
    }
  }
  table.add("Start -> setup at the service, first of a daemon", cold);
  table.add("Start -> setup at the service, later", warm);
}

// Where in what is said the samples that the service got begin: ms after the key. Nothing where
// they are not to be found, because a busy machine lost some.
std::optional<double> kept_after_ms(const Microphone& microphone, std::size_t phrase,
                                    const Samples& said, std::int64_t pressed, SampleView kept) {
  const unsigned thin = microphone.rate() / 16000;
  const auto index_at = [&](std::int64_t time) {
    std::size_t low = 0;
    std::size_t high = said.size() - 1;
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (microphone.time_of(phrase, middle) < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  constexpr std::int64_t around_ns = 1'000'000'000;
  const std::size_t from = index_at(pressed - around_ns);
  const std::size_t to = index_at(pressed + 2 * around_ns);
  const Samples heard = thinned(SampleView(said).subspan(from, to - from), thin);
  const Match match = find_similar(heard, kept);
  if (match.similarity < 0.9) return std::nullopt;
  const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, match.at));
  return ms_between(pressed, microphone.time_of(phrase, from + at * thin));
}

void key_to_first_sample(const Table& table) {
  enum class By { bus, command };
  const auto press = [](bool session_runs, By by) {
    std::vector<double> times;
    StageOptions options;
    options.sim = {"--answer=none"};
    options.daemon.more = "profiles: {assistant: {turn_taking: push-to-talk}}\n";
    Stage stage(options);
    Microphone microphone(*stage.bed);
    const std::size_t presses = on_kernel() ? 12 : 6;
    for (int i = 0; times.size() < presses; ++i) {
      REQUIRE_MESSAGE(i < 30, "the machine is too busy to measure anything");
      if (session_runs && i == 0) stage.start_session();
      // The user talks before the key, at it, and after it.
      const Samples said = speech(4, microphone.rate(), 200U + static_cast<unsigned>(i));
      const std::size_t phrase = microphone.say(said);
      std::this_thread::sleep_for(std::chrono::microseconds(1'500'000 + i * 7'300));
      const std::size_t before = stage.sim->uplink().size();
      const std::int64_t pressed = now_ns();
      if (by == By::bus) {
        stage.voice->talk(true);
      } else {
        Environment environment = stage.bed->environment();
        environment.merge(stage.bus.environment());
        CHECK(run({programs::ctl(), "talk", "press"}, environment).status == 0);
      }
      constexpr std::size_t kept = 4800;
      require("sound arrives", [&] { return stage.sim->uplink().size() >= before + kept; });
      microphone.wait_until_said(phrase, milliseconds(20'000));
      stage.voice->talk(false);
      const Samples uplink = stage.sim->uplink();
      const auto after_ms = kept_after_ms(microphone, phrase, said, pressed,
                                          SampleView(uplink).subspan(before, kept));
      if (after_ms) times.push_back(*after_ms);
      if (session_runs) continue;
      stage.voice->stop(true);
      stage.voice->wait_for_state("idle");
    }
    return times;
  };
  table.add("key press -> first sample kept, no session", press(false, By::bus));
  // In virtual time a program starts at once.
  if (!virtual_time()) {
    table.add("  the same by gemini-voicectl talk press", press(false, By::command));
  }
  table.add("key press -> first sample kept, session runs (pre-roll)", press(true, By::bus));
}

}  // namespace

TEST_CASE("latencies") {
  const Table table("Latencies, 20 ms periods; " + setting(), "ms");
  microphone_to_wire(table);
  wire_to_speaker(table, "60ms");
  wire_to_speaker(table, "0ms");
  start_to_setup(table);
  key_to_first_sample(table);
}
