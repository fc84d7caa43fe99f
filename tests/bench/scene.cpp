#include "tests/bench/scene.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <boost/json.hpp>

using namespace gv::e2e;

namespace gv::bench {

Scene::Scene(const Entry& entry, const SceneOptions& options)
    : bed(make_bed(options.speaker_rate)), authority(dir.name()), name_(entry.name) {
  if (entry.converses) {
    std::vector<std::string> arguments = entry.sim;
    arguments.insert(arguments.end(), options.sim.begin(), options.sim.end());
    if (options.answer.empty()) {
      arguments.emplace_back("--answer=none");
    } else {
      write_samples(dir / "answer.raw", options.answer);
      arguments.push_back("--answer=" + (dir / "answer.raw").string());
    }
    sim = std::make_unique<Sim>(authority.issue(CertificateKind::good), arguments, options.script);
  }
  entrant = entry.enter({*bed, sim.get(), authority});
}

void Scene::begin() {
  entrant->begin();
  if (!sim) return;
  try {
    sim->wait_for("audio");
  } catch (const std::exception& error) {
    throw std::runtime_error(name_ + ": " + error.what() + ": " + entrant->errors());
  }
}

void record(const std::string& metric, const std::string& unit, const std::string& who,
            const std::vector<double>& values) {
  const char* file = std::getenv("GV_BENCH_RESULTS");
  if (file == nullptr) return;
  const boost::json::object line{{"metric", metric},
                                 {"unit", unit},
                                 {"who", who},
                                 {"values", boost::json::array(values.begin(), values.end())}};
  std::ofstream(file, std::ios::app) << boost::json::serialize(line) << '\n';
}

double ms_between(std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(to_ns - from_ns) / 1e6;
}

}  // namespace gv::bench
