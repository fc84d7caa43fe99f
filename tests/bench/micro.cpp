// How long each step of the hot paths takes, beside what it can hardly be faster than.
#include <algorithm>
#include <cstdio>
#include <map>

#include <benchmark/benchmark.h>

#include "tests/bench/hot_paths.hpp"

namespace {

constexpr int runs = 5;
constexpr int batch = 16;  // steps between two looks at the counter

void add(const std::string& name, const std::function<gv::bench::Steps()>& begin) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [begin](benchmark::State& state) {
                                 const gv::bench::Steps steps = begin();
                                 while (state.KeepRunningBatch(batch))
                                   steps(batch);
                               })
      ->Repetitions(runs)
      ->MinTime(0.1);
}

std::string limit_of(const std::string& path) {
  return path + "/limit";
}

// The least of the runs: the others were disturbed.
class Least final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& finished) override {
    for (const Run& run : finished) {
      if (run.run_type != Run::RT_Iteration) continue;
      const double ns = run.GetAdjustedCPUTime();
      auto& least = least_ns_.try_emplace(run.run_name.function_name, ns).first->second;
      least = std::min(least, ns);
    }
  }
  double ns(const std::string& name) const { return least_ns_.at(name); }

 private:
  std::map<std::string, double> least_ns_;
};

}  // namespace

int main() {
  const auto paths = gv::bench::hot_paths();
  for (const auto& path : paths) {
    add(path.name, path.begin);
    add(limit_of(path.name), path.begin_limit);
  }
  Least least;
  benchmark::RunSpecifiedBenchmarks(&least);
  std::printf("%-17s %-31s %9s   %-19s %9s %7s\n", "", "a step is", "ns", "its limit", "ns",
              "times");
  for (const auto& path : paths) {
    const double ns = least.ns(path.name);
    const double limit_ns = least.ns(limit_of(path.name));
    std::printf("%-17s %-31s %9.1f   %-19s %9.1f %7.1f\n", path.name.c_str(), path.what.c_str(), ns,
                path.limit_name.c_str(), limit_ns, ns / limit_ns);
  }
  return 0;
}
