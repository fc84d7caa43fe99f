// Somebody who speaks and does not stop while the connection has to change: no part of the sentence
// is lost (live-api.md section 7.2).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

constexpr std::size_t rate = 16000;
// No syllable is shorter, and what is sent on both connections is longer.
constexpr std::size_t part = rate / 4;
constexpr std::size_t slack = rate / 100;

std::size_t samples_of(const Sim& sim, int connection) {
  std::size_t bytes = 0;
  for (const json::object& line : sim.events()) {
    if (line.at("event").as_string() == "audio" && line.at("conn").to_number<int>() == connection)
      bytes += line.at("bytes").to_number<std::size_t>();
  }
  return bytes / 2;
}

// Where a connection got the sentence: its sample `from` is the connection's first one.
std::ptrdiff_t first_heard(SampleView uplink, SampleView sentence, std::size_t sure) {
  const Match match = find_similar(uplink, sentence.subspan(sure, rate));
  return static_cast<std::ptrdiff_t>(sure) - match.at;
}

bool holds(SampleView uplink, std::ptrdiff_t at, SampleView wanted) {
  const std::ptrdiff_t begin = at - static_cast<std::ptrdiff_t>(slack);
  const std::size_t size = wanted.size() + 2 * slack;
  if (begin < 0 || static_cast<std::size_t>(begin) + size > uplink.size()) return false;
  return find_similar(uplink.subspan(static_cast<std::size_t>(begin), size), wanted).similarity >
         0.98;
}

// How many parts of the sentence, one every 50 ms, neither connection got.
int parts_lost(SampleView first, SampleView second, SampleView sentence) {
  const std::ptrdiff_t first_from = first_heard(first, sentence, 0);
  const std::ptrdiff_t second_from = first_heard(second, sentence, sentence.size() - rate);
  const auto overlap = first_from + static_cast<std::ptrdiff_t>(first.size()) - second_from;
  MESSAGE("both connections got the same " << overlap * 1000 / static_cast<std::ptrdiff_t>(rate)
                                           << " ms");
  int lost = 0;
  for (std::size_t i = 0; i + part <= sentence.size(); i += rate / 20) {
    const auto at = static_cast<std::ptrdiff_t>(i);
    const SampleView wanted = sentence.subspan(i, part);
    if (!holds(first, at - first_from, wanted) && !holds(second, at - second_from, wanted)) ++lost;
  }
  return lost;
}

}  // namespace

TEST_CASE("a sentence right across the deadline reaches the service whole, and is answered") {
  for (gv::test::Attempts attempts; attempts.next();) {
    constexpr int notice_ms = 4200;  // 1.2 s of them are left to find a quiet point
    StageOptions options;
    options.answer = speech(1.5, 24000, 901);
    options.script = json::serialize(json::array{{{"on", "speech_start"},
                                                  {"after_ms", 1000},
                                                  {"do", "go_away"},
                                                  {"time_left_ms", notice_ms}}});
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    Microphone microphone(*stage.bed);
    stage.start_session();
    const Samples said = speech(6, microphone.rate(), 902);
    const std::size_t phrase = microphone.say(said);
    const std::int64_t noticed = t_ns(stage.sim->wait_for("sent", what("go_away")));
    const std::int64_t changed = t_ns(stage.sim->wait_for(
        "connect", [](const json::object& line) { return line.at("conn").to_number<int>() == 2; }));
    stage.sim->wait_for("sent", what("turn_complete"), 0, milliseconds(30'000));
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));

    const Samples uplink = stage.sim->uplink();
    const std::size_t on_first = samples_of(*stage.sim, 1);
    const Samples sentence = thinned(said, microphone.rate() / rate);
    const int lost = parts_lost(SampleView(uplink).first(on_first),
                                SampleView(uplink).subspan(on_first), sentence);
    const double answer = find_similar(speaker.samples(), options.answer).similarity;
    const double waited_ms = static_cast<double>(changed - noticed) / 1e6;
    MESSAGE("changed " << waited_ms << " ms after the notice; " << lost
                       << " parts lost; the answer by " << answer);
    const bool good = lost == 0 && answer > 0.98 && waited_ms < notice_ms;
    if (!good && attempts.spoilt()) continue;
    CHECK(lost == 0);
    CHECK(answer > 0.98);
    CHECK(waited_ms > 1000);
    CHECK(waited_ms < notice_ms);
    CHECK(changed < microphone.time_of(phrase, said.size()));  // nobody had stopped
    CHECK(resumed(setup_of(stage, 2)));
    CHECK(stage.sim->count("connect") == 2);
    CHECK(stage.voice->statistics().at("handovers").to_number<int>() == 1);
    CHECK(errors(stage) == 0);
    const std::vector<std::string> states = stage.voice->states();
    CHECK(std::ranges::count(states, "reconnecting") == 0);
    break;
  }
}
