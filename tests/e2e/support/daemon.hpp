// gemini-voiced, running on a private bus with a configuration of its own.
#pragma once

#include <memory>
#include <string>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/session_bus.hpp"
#include "tests/e2e/support/voice_client.hpp"

namespace gv::e2e {

inline constexpr const char* test_key = "test-key-0123456789";

struct DaemonOptions {
  std::string endpoint;            // api.endpoint
  std::string ca_file;             // api.ca_file
  std::string api_key = test_key;  // $GEMINI_API_KEY; empty: it has none
  std::string api;                 // further YAML below api, indented
  std::string buffering = "queued";
  std::string playback_device;     // empty: the bed's; may be a list in YAML: [...]
  std::string capture_device;      // the same
  std::string echo = "off";        // the microphone hears nothing of the speaker on these beds
  bool earcons = false;            // what is heard is compared with what was said
  std::string more;                // further top-level YAML
  Environment environment;         // over what the bed and the bus need
  std::vector<std::string> under;  // a program that runs the daemon, with its options
};

std::string config_text(const Bed& bed, const DaemonOptions& options);

class Daemon {
 public:
  // Returns when the bus name is held.
  Daemon(const SessionBus& bus, const Bed& bed, const DaemonOptions& options);
  ~Daemon() { process_->end_for_sanitizers(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Process& process() { return *process_; }
  std::string log() const { return process_->errors(); }
  const path& config_file() const { return config_file_; }

 private:
  TempDir dir_;
  path config_file_;
  std::unique_ptr<Process> process_;
};

}  // namespace gv::e2e
