// How soon an answer makes room for who talks over it: by the daemon's own ear, and by the
// service's word. Medians at the speaker.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/room.hpp"
#include "tests/e2e/support/talk_over.hpp"

using namespace gv::e2e;

namespace {

constexpr unsigned rounds = 7;

void print(const char* what, std::vector<double> ms) {
  std::ranges::sort(ms);
  std::printf("%-58s median %5.0f ms, at most %5.0f ms\n", what, ms[ms.size() / 2], ms.back());
}

void by_ear(const char* where, bool room) {
  std::vector<double> ducks;
  std::vector<double> silences;
  for (unsigned round = 0; round < rounds; ++round) {
    const StageOptions options = talkative(room ? 9 : 5, room ? "cancel" : "off");
    Stage stage(options);
    Reaction got;
    if (room) {
      Room around(*stage.bed, {.direct = 0.2, .walls = 0.1});
      got = talk_over(stage, options.answer, around.speaker, around.microphone, round, 6000);
    } else {
      const SpeakerRecorder speaker(*stage.bed, answer_rate);
      Microphone microphone(*stage.bed);
      got = talk_over(stage, options.answer, speaker, microphone, round, 1500);
    }
    ducks.push_back(got.duck_ms);
    silences.push_back(got.silence_ms);
  }
  print((std::string("local speech -> duck, ") + where).c_str(), ducks);
  print((std::string("local speech -> silence, ") + where).c_str(), silences);
}

void by_the_service() {
  StageOptions options = talkative(4, "off");
  json::array rules;
  for (unsigned round = 1; round <= rounds; ++round) {
    rules.push_back(
        {{"on", "text"}, {"nth", round}, {"after_ms", 1500 + 37 * round}, {"do", "interrupt"}});
  }
  options.script = json::serialize(rules);
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, answer_rate);
  stage.start_session();
  std::vector<double> silences;
  for (unsigned round = 0; round < rounds; ++round) {
    const std::size_t before = speaker.size();
    const std::size_t seen = stage.sim->events().size();
    stage.voice->say("Tell me something.");
    speaker.wait_for_sound(before);
    const json::object interrupted = stage.sim->wait_for("sent", what("interrupted"), seen);
    const std::size_t end = speaker.wait_for_quiet(milliseconds(600), milliseconds(20'000));
    const Samples heard = speaker.samples();
    const std::size_t last = end_of_sound(SampleView(heard).first(end), 0);
    silences.push_back(static_cast<double>(speaker.time_of(last) - t_ns(interrupted)) / 1e6);
    stage.voice->wait_for_state("listening");
  }
  print("`interrupted` -> silence", silences);
}

}  // namespace

TEST_CASE("how soon an answer makes room") {
  std::printf("%s\n", setting().c_str());
  by_ear("headphones", false);
  // On a sound server the room is late by more than any device tells.
  if (on_kernel()) by_ear("loudspeaker and cancellation", true);
  by_the_service();
}
