#include "tests/e2e/support/conversation.hpp"

namespace gv::e2e {

void talk(Stage& stage, const std::string& words) {
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say(words);
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
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
