// Another program on the bus that says what it is asked and does what it is told, a line each: the
// stand-ins of tests/loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/session_bus.hpp"

namespace gv::e2e {

class Neighbour {
 public:
  // Returns when it is ready.
  Neighbour(const SessionBus& bus, const std::string& program,
            const std::vector<std::string>& flags = {});
  ~Neighbour();
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  // The next line with this in it, after what was waited for before.
  std::string hears(const std::string& text);
  // Waits until it has done so, and the bus has it.
  void does(const std::string& command);
  std::string said() const { return process_->output(); }  // so far

 private:
  TempDir dir_;
  int to_ = -1;
  std::unique_ptr<Process> process_;
  std::size_t seen_ = 0;
};

}  // namespace gv::e2e
