// What a benchmark prints: one table, one line for each thing measured.
#pragma once

#include <string>
#include <vector>

namespace gv::bench {

double median(std::vector<double> values);  // 0 of none

class Table {
 public:
  // unit: of every number. Prints the head at once, each line as it is added.
  Table(const std::string& title, const std::string& unit);

  void add(const std::string& what, std::vector<double> values) const;
  // What the daemon's own statistics tell.
  void add(const std::string& what, double middle, double p99) const;
};

}  // namespace gv::bench
