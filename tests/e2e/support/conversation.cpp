#include "tests/e2e/support/conversation.hpp"

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"

namespace gv::e2e {

void talk(Stage& stage, const std::string& words) {
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say(words);
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
}

Heard ask(Stage& stage, const Samples& answer, unsigned seed) {
  const SpeakerRecorder speaker(*stage.bed, 24000);
  Microphone microphone(*stage.bed);
  const std::size_t seen = stage.sim->events().size();
  const Samples said = speech(1.2, microphone.rate(), seed);
  microphone.say(said);
  stage.sim->wait_for("sent", what("turn_complete"), seen, milliseconds(30'000));
  stage.voice->wait_for_state("listening", milliseconds(30'000));
  speaker.wait_for_quiet(milliseconds(500), milliseconds(30'000));
  return {find_similar(stage.sim->uplink(), thinned(said, microphone.rate() / 16000)).similarity,
          find_similar(speaker.samples(), answer).similarity};
}

json::object setup_of(const Stage& stage, int connection) {
  return stage.sim
      ->wait_for("setup",
                 [connection](const json::object& line) {
                   return line.at("conn").to_number<int>() == connection;
                 })
      .at("setup")
      .as_object();
}

bool resumed(const json::object& setup) {
  return setup.at("session_resumption").as_object().contains("handle");
}

std::size_t errors(Stage& stage, std::size_t from) {
  const std::vector<BusSignal>& signals = stage.voice->signals();
  std::size_t number = 0;
  for (std::size_t i = from; i < signals.size(); ++i) {
    if (signals[i].member == "ErrorOccurred") ++number;
  }
  return number;
}

std::string last_error(Stage& stage) {
  std::string name(stage.voice->property("LastError").as_array().at(0).as_string());
  name.erase(0, name.rfind('.') + 1);
  return name;
}

}  // namespace gv::e2e
