// gemini-live-sim, running: the service at the other end of the wire, and what it saw.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/signals.hpp"

namespace gv::e2e {

namespace json = boost::json;

class Sim {
 public:
  // TLS with `certificate`; options are those of gemini-live-sim, script its rules (none: empty).
  Sim(const Certificate& certificate, const std::vector<std::string>& options,
      const std::string& script = {});
  ~Sim() { process_->end_for_sanitizers(); }
  Sim(const Sim&) = delete;
  Sim& operator=(const Sim&) = delete;

  // This machine's name: localhost, or its address where no hosts file knows that name. The good
  // certificate is for both.
  static const std::string& host();
  std::string endpoint() const;  // wss://HOST:PORT
  unsigned port() const { return static_cast<unsigned>(std::stoul(port_)); }

  // The lines of its log so far.
  std::vector<json::object> events() const { return read_log(); }
  // The first line of this event, from line `from` on, that fits; std::runtime_error if none comes.
  json::object wait_for(
      const std::string& event,
      const std::function<bool(const json::object&)>& fits =
          [](const json::object&) { return true; },
      std::size_t from = 0, milliseconds limit = patience) const;
  // How many lines of this event there are.
  std::size_t count(const std::string& event) const;

  Samples uplink() const { return read_samples(dir_ / "uplink.raw"); }      // 16 kHz
  Samples downlink() const { return read_samples(dir_ / "downlink.raw"); }  // 24 kHz

 private:
  // What was read before is not read again: tests of ten minutes look often.
  const std::vector<json::object>& read_log() const;

  TempDir dir_;
  std::unique_ptr<Process> process_;
  std::string port_;
  mutable std::vector<json::object> events_;
  mutable std::size_t log_offset_ = 0;
};

}  // namespace gv::e2e
