// Everything an end-to-end test plays on: devices, a private bus, the service's stand-in with a
// certificate, the daemon, and a client on the bus.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/daemon.hpp"
#include "tests/e2e/support/session_bus.hpp"
#include "tests/e2e/support/sim.hpp"
#include "tests/e2e/support/speaker.hpp"
#include "tests/e2e/support/voice_client.hpp"

namespace gv::e2e {

struct StageOptions {
  unsigned speaker_rate = 24000;
  CertificateKind certificate = CertificateKind::good;
  Samples answer;                // what the service says; empty: it says back what it heard
  std::vector<std::string> sim;  // further options of gemini-live-sim
  std::string script;
  DaemonOptions daemon;  // endpoint and ca_file are filled in where empty
};

class Stage {
 public:
  explicit Stage(StageOptions options = {});

  // Starts a session and waits until it listens.
  void start_session();
  // An error announced since `from` signals were there: its name without prefix, and its message.
  struct Announced {
    std::string name;
    std::string message;
  };
  Announced wait_for_error(std::size_t from = 0);

  TempDir dir;
  std::unique_ptr<Bed> bed;
  SessionBus bus;
  Authority authority;
  std::unique_ptr<Sim> sim;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<VoiceClient> voice;
};

// The time stamp of a line of the sim's log.
std::int64_t t_ns(const json::object& line);

// Fits a "sent" line of the sim's log.
std::function<bool(const json::object&)> what(const char* kind);

}  // namespace gv::e2e
