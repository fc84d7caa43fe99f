#include "tests/e2e/support/stage.hpp"

namespace gv::e2e {

Stage::Stage(StageOptions options) : bed(make_bed(options.speaker_rate)), authority(dir.name()) {
  std::vector<std::string> arguments = options.sim;
  if (!options.answer.empty()) {
    write_samples(dir / "answer.raw", options.answer);
    arguments.push_back("--answer=" + (dir / "answer.raw").string());
  }
  sim = std::make_unique<Sim>(authority.issue(options.certificate), arguments, options.script);
  if (options.daemon.endpoint.empty()) options.daemon.endpoint = sim->endpoint();
  if (options.daemon.ca_file.empty()) options.daemon.ca_file = authority.file().string();
  daemon = std::make_unique<Daemon>(bus, *bed, options.daemon);
  voice = std::make_unique<VoiceClient>(bus);
}

void Stage::start_session() {
  voice->start();
  voice->wait_for_state("listening");
  voice->wait_for_property("PlaybackOpen", true);
}

Stage::Announced Stage::wait_for_error(std::size_t from) {
  const BusSignal signal = voice->wait_for_signal(
      "ErrorOccurred", [](const json::array&) { return true; }, from);
  std::string name(signal.arguments.at(0).as_string());
  name.erase(0, name.rfind('.') + 1);
  return {name, std::string(signal.arguments.at(1).as_string())};
}

std::int64_t t_ns(const json::object& line) {
  return line.at("t_ns").as_int64();
}

std::function<bool(const json::object&)> what(const char* kind) {
  return [kind](const json::object& line) { return line.at("what").as_string() == kind; };
}

}  // namespace gv::e2e
