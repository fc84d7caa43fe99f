// One entrant of a comparison among devices and a service of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/entrants.hpp"
#include "tests/e2e/support/signals.hpp"

namespace gv::bench {

struct SceneOptions {
  unsigned speaker_rate = 48000;
  e2e::Samples answer = {};  // at 24 kHz; none: the service never answers
  std::vector<std::string> sim = {};
  std::string script = {};
};

class Scene {
 public:
  Scene(const Entry& entry, const SceneOptions& options);

  // Has it converse, and returns when the service hears it; one that only moves sound runs then.
  void begin();

  e2e::TempDir dir;
  std::unique_ptr<e2e::Bed> bed;
  e2e::Authority authority;
  std::unique_ptr<e2e::Sim> sim;  // none where the entrant has no use for it
  std::unique_ptr<Entrant> entrant;

 private:
  std::string name_;
};

// Adds a line to the file that $GV_BENCH_RESULTS names, where it names one: what scripts/bench
// makes its table of.
void record(const std::string& metric, const std::string& unit, const std::string& who,
            const std::vector<double>& values);

double ms_between(std::int64_t from_ns, std::int64_t to_ns);

}  // namespace gv::bench
