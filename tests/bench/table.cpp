#include "tests/bench/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gv::bench {
namespace {

// Nearest rank.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

}  // namespace

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

Table::Table(const std::string& title, const std::string& unit) {
  std::printf("\n%s\n%-58s %4s %8s %8s %8s %8s\n", (title + ", " + unit).c_str(), "", "n", "min",
              "median", "p99", "max");
}

void Table::add(const std::string& what, std::vector<double> values) const {
  std::ranges::sort(values);
  std::printf("%-58s %4zu %8.2f %8.2f %8.2f %8.2f\n", what.c_str(), values.size(),
              quantile(values, 0), quantile(values, 0.5), quantile(values, 0.99),
              quantile(values, 1));
  std::fflush(stdout);
}

void Table::add(const std::string& what, double middle, double p99) const {
  std::printf("%-58s %4s %8s %8.2f %8.2f %8s\n", what.c_str(), "", "", middle, p99, "");
  std::fflush(stdout);
}

}  // namespace gv::bench
