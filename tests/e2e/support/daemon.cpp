#include "tests/e2e/support/daemon.hpp"

#include <cstdlib>
#include <stdexcept>

#include "tests/e2e/support/programs.hpp"

namespace gv::e2e {

std::string config_text(const Bed& bed, const DaemonOptions& options) {
  const auto device = [](const std::string& wanted, const std::string& usual) {
    const std::string& name = wanted.empty() ? usual : wanted;
    return "    device: " + (name.starts_with('[') ? name : '"' + name + '"') + "\n";
  };
  std::string text = "api:\n  endpoint: " + options.endpoint + "\n";
  if (!options.ca_file.empty()) text += "  ca_file: " + options.ca_file + "\n";
  text += options.api;
  text += "audio:\n  capture:\n" + device(options.capture_device, bed.capture_device()) +
          "  playback:\n" + device(options.playback_device, bed.playback_device()) +
          "    buffering: " + options.buffering + "\n  echo: \"" + options.echo +
          "\"\n  high_pass: " + (options.echo == "off" ? "false" : "true") +
          "\n  earcons: " + (options.earcons ? "true" : "false") + "\n";
  return text + options.more;
}

Daemon::Daemon(const SessionBus& bus, const Bed& bed, const DaemonOptions& options)
    : config_file_(dir_ / "config.yaml") {
  write_file(config_file_, config_text(bed, options));
  Environment environment = bed.environment();
  environment.merge(bus.environment());
  environment["GEMINI_API_KEY"] = options.api_key;
  environment["GOOGLE_API_KEY"] = "";
  environment["GV_LIBEXEC_DIR"] = programs::libexec();
  // By default 256 MB that were freed are kept out of use, which tests of memory would take for
  // growth.
  if (programs::sanitized()) {
    const char* asan = std::getenv("ASAN_OPTIONS");
    environment["ASAN_OPTIONS"] =
        std::string(asan == nullptr ? "" : asan) + ":quarantine_size_mb=4";
  }
  for (const auto& [name, value] : options.environment)
    environment[name] = value;
  std::vector<std::string> command = options.under;
  command.insert(command.end(), {programs::daemon(), "--config", config_file_.string()});
  process_ = std::make_unique<Process>(command, environment);
  VoiceClient client(bus);
  require("the daemon holds its bus name", [this, &client] {
    if (!process_->running()) throw std::runtime_error("gemini-voiced: " + process_->errors());
    return client.on_the_bus();
  });
}

}  // namespace gv::e2e
