// Those who hold the same conversation in a comparison: the daemon, the tutorial's programs that it
// replaces, and arecord beside aplay, which move the same sound and do nothing else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/certificates.hpp"
#include "tests/e2e/support/daemon.hpp"
#include "tests/e2e/support/sim.hpp"

namespace gv::bench {

// Its devices, its service, and whom it trusts.
struct Surroundings {
  const e2e::Bed& bed;
  const e2e::Sim* sim;  // none for who has no use for it
  const e2e::Authority& authority;
};

// One of them, running; ends with its object.
class Entrant {
 public:
  virtual ~Entrant() = default;
  // From now on it is, or will be, in a conversation.
  virtual void begin() = 0;
  virtual std::vector<pid_t> processes() = 0;
  virtual std::string errors() = 0;  // what it had to say
  // What it measured itself, as contract.md names it; nothing where it measures nothing.
  virtual boost::json::object statistics() { return {}; }
};

struct Entry {
  std::string name;                   // in tables
  bool converses = true;              // with the service; else it only moves sound
  std::vector<std::string> sim = {};  // options of gemini-live-sim for it
  std::function<std::unique_ptr<Entrant>(const Surroundings&)> enter = {};
};

Entry ours(const std::string& buffering, const std::string& echo);
// chunk: frames at 16 kHz in each read; its author's are 512.
Entry tutorial(bool queue, int chunk);
Entry floor_of_alsa();

}  // namespace gv::bench
