#include "tests/e2e/support/sim.hpp"

#include <fstream>
#include <stdexcept>

#include <netdb.h>

#include "tests/e2e/support/programs.hpp"

namespace gv::e2e {

Sim::Sim(const Certificate& certificate, const std::vector<std::string>& options,
         const std::string& script) {
  std::vector<std::string> command{programs::sim(),
                                   "--listen=127.0.0.1:0",
                                   "--tls-cert=" + certificate.chain.string(),
                                   "--tls-key=" + certificate.key.string(),
                                   "--port-file=" + (dir_ / "port").string(),
                                   "--log=" + (dir_ / "log").string(),
                                   "--record-uplink=" + (dir_ / "uplink.raw").string(),
                                   "--record-downlink=" + (dir_ / "downlink.raw").string()};
  command.insert(command.end(), options.begin(), options.end());
  if (!script.empty()) {
    write_file(dir_ / "script.json", script);
    command.push_back("--script=" + (dir_ / "script.json").string());
  }
  process_ = std::make_unique<Process>(command);
  require("gemini-live-sim listens", [this] {
    if (!process_->running()) throw std::runtime_error("gemini-live-sim: " + process_->errors());
    port_ = read_file(dir_ / "port");
    return port_.ends_with('\n');
  });
  port_.pop_back();
}

const std::string& Sim::host() {
  static const std::string found = [] {
    addrinfo* addresses = nullptr;
    const bool known = ::getaddrinfo("localhost", nullptr, nullptr, &addresses) == 0;
    if (known) ::freeaddrinfo(addresses);
    return known ? "localhost" : "127.0.0.1";
  }();
  return found;
}

std::string Sim::endpoint() const {
  return "wss://" + host() + ":" + port_;
}

const std::vector<json::object>& Sim::read_log() const {
  std::ifstream log(dir_ / "log");
  log.seekg(static_cast<std::streamoff>(log_offset_));
  // The last line may be half written.
  for (std::string line; std::getline(log, line) && !log.eof();) {
    log_offset_ += line.size() + 1;
    events_.push_back(json::parse(line).as_object());
  }
  return events_;
}

json::object Sim::wait_for(const std::string& event,
                           const std::function<bool(const json::object&)>& fits, std::size_t from,
                           milliseconds limit) const {
  json::object found;
  require(
      "the sim sees " + event,
      [this, &event, &fits, from, &found] {
        const std::vector<json::object>& lines = read_log();
        for (std::size_t i = from; i < lines.size(); ++i) {
          if (lines[i].at("event").as_string() != event || !fits(lines[i])) continue;
          found = lines[i];
          return true;
        }
        return false;
      },
      limit);
  return found;
}

std::size_t Sim::count(const std::string& event) const {
  std::size_t number = 0;
  for (const json::object& line : read_log()) {
    if (line.at("event").as_string() == event) ++number;
  }
  return number;
}

}  // namespace gv::e2e
