// The service ends every connection after some minutes; the conversation goes on, and nobody hears
// it (live-api.md section 7.2).
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

constexpr int setup_delay_ms = 150;  // the sim's

// How long the service got no microphone audio around each change of connection, beyond what it
// took itself to answer the setup; ms.
std::vector<double> uplink_gaps(const std::vector<json::object>& events) {
  std::vector<double> gaps;
  std::int64_t last = 0;
  std::int64_t connection = 1;
  for (const json::object& line : events) {
    if (line.at("event").as_string() != "audio") continue;
    const std::int64_t now = line.at("conn").as_int64();
    if (now != connection)
      gaps.push_back(static_cast<double>(t_ns(line) - last) / 1e6 - setup_delay_ms);
    connection = now;
    last = t_ns(line);
  }
  return gaps;
}

// The answers that the sim sent, one by one.
std::vector<Samples> answers_of(const Sim& sim) {
  const Samples downlink = sim.downlink();
  std::vector<Samples> answers;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (const json::object& line : sim.events()) {
    if (line.at("event").as_string() != "sent") continue;
    if (line.at("what").as_string() == "audio") {
      end += line.at("bytes").to_number<std::size_t>() / 2;
    } else if (line.at("what").as_string() == "turn_complete") {
      answers.emplace_back(downlink.begin() + static_cast<std::ptrdiff_t>(begin),
                           downlink.begin() + static_cast<std::ptrdiff_t>(end));
      begin = end;
    }
  }
  return answers;
}

double least_alike(const Samples& recording, const std::vector<Samples>& phrases) {
  double least = 1;
  for (const Samples& phrase : phrases)
    least = std::min(least, find_similar(recording, phrase).similarity);
  return least;
}

// One conversation of `rounds` questions and answers; the connection changes right when the next
// question begins. False: the machine was late, nothing can be said.
bool converse(std::size_t rounds, const gv::test::Attempts& attempts) {
  StageOptions options;
  options.script = json::serialize(json::array{{{"on", "turn_complete"},
                                                {"nth", "every"},
                                                {"after_ms", 400},
                                                {"do", "go_away"},
                                                {"time_left_ms", 20'000}}});
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  Microphone microphone(*stage.bed);
  stage.start_session();
  std::vector<Samples> said;  // at 16 kHz
  std::size_t seen = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    const Samples phrase = speech(1.0, microphone.rate(), 300 + static_cast<unsigned>(i));
    microphone.say(phrase);
    said.push_back(thinned(phrase, microphone.rate() / 16000));
    stage.sim->wait_for("sent", what("turn_complete"), seen, milliseconds(20'000));
    // The next question begins with the notice that makes the daemon change the connection.
    stage.sim->wait_for("sent", what("go_away"), seen, milliseconds(5000));
    seen = stage.sim->events().size();
  }
  stage.sim->wait_for(
      "audio",
      [rounds](const json::object& line) {
        return line.at("conn").to_number<std::size_t>() == rounds + 1;
      },
      seen);
  stage.voice->wait_for_state("listening", milliseconds(20'000));
  speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));

  const std::vector<double> gaps = uplink_gaps(stage.sim->events());
  const double worst_gap = gaps.empty() ? 0 : *std::ranges::max_element(gaps);
  MESSAGE(gaps.size() << " changes of connection; at most " << worst_gap << " ms without uplink");
  const std::vector<Samples> answers = answers_of(*stage.sim);
  const double up = least_alike(stage.sim->uplink(), said);
  const double down = least_alike(speaker.samples(), answers);
  MESSAGE("the least alike phrase: " << up << " of the uplink, " << down << " of the downlink");
  const bool good = up > 0.98 && down > 0.98 && worst_gap <= 300;
  if (!good && attempts.spoilt()) return false;
  CHECK(up > 0.98);
  CHECK(down > 0.98);
  CHECK(worst_gap <= 300);
  CHECK(gaps.size() == rounds);
  CHECK(answers.size() == rounds);
  CHECK(stage.sim->count("connect") == rounds + 1);
  const json::object statistics = stage.voice->statistics();
  CHECK(statistics.at("handovers").to_number<std::size_t>() == rounds);
  CHECK(statistics.at("reconnects").to_number<int>() == 0);
  // Each connection went on where the one before ended: no history was told.
  for (std::size_t i = 2; i <= rounds + 1; ++i)
    CHECK(resumed(setup_of(stage, static_cast<int>(i))));
  CHECK(stage.sim->count("client_content") == 0);
  // Nobody saw anything of it.
  for (const std::string& state : stage.voice->states())
    CHECK(state != "reconnecting");
  for (const BusSignal& signal : stage.voice->signals())
    CHECK(signal.member != "ErrorOccurred");
  return true;
}

}  // namespace

TEST_CASE("a conversation through twelve hand-overs misses no word") {
  for (gv::test::Attempts attempts; attempts.next();) {
    if (converse(12, attempts)) break;
  }
}

TEST_CASE("an answer that is being heard plays on through the change") {
  // The service answers much faster than the speaker plays: the notice comes when it has said all,
  // in the middle of what is heard.
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = speech(6, 24000, 41);
    options.script = json::serialize(json::array{{{"on", "answer_ms"},
                                                  {"ms", 5990},
                                                  {"after_ms", 300},
                                                  {"do", "go_away"},
                                                  {"time_left_ms", 4200}}});
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Please go on for a while.");
    speaker.wait_for_sound();
    require(
        "the second connection", [&stage] { return stage.sim->count("setup") == 2; },
        milliseconds(20'000));
    CHECK(stage.voice->state() == "speaking");
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));
    const double similarity = find_similar(speaker.samples(), options.answer).similarity;
    if (similarity <= 0.98 && attempts.spoilt()) continue;
    CHECK(similarity > 0.98);
    if (stage.bed->exact()) CHECK(find_exact(speaker.samples(), options.answer));
    break;
  }
}

TEST_CASE("without any notice the connection is renewed before the service's limit" *
          doctest::skip(!on_kernel())) {
  // Ten minutes of virtual time.
  StageOptions options;
  options.daemon.more = "session:\n  idle_timeout: 1h\n";
  options.script = json::serialize(
      json::array{{{"on", "ready"},
                   {"nth", "every"},
                   {"after_ms", 600'000},
                   {"do", "close"},
                   {"code", 1011},
                   {"reason", "Deadline expired before operation could complete."}}});
  Stage stage(options);
  stage.start_session();
  stage.voice->say("Hello.");  // so that there is a handle
  require(
      "a second connection", [&stage] { return stage.sim->count("setup") == 2; },
      milliseconds(620'000));
  require("the hand-over is done",
          [&stage] { return stage.voice->statistics().at("handovers").to_number<int>() == 1; });
  CHECK(stage.voice->state() == "listening");
  for (const json::object& line : stage.sim->events()) {
    if (line.at("event").as_string() == "close") CHECK(line.at("by").as_string() == "client");
  }
}
