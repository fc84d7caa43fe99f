#include "ctl/run_program.hpp"

#include <utility>

#include <asio/io_context.hpp>

namespace gv::ctl {

tools::RunOutcome run_program(tools::RunSpec spec) {
  asio::io_context io;
  tools::Runner runner(io);
  tools::RunOutcome outcome;
  runner.run(std::move(spec), [&outcome](tools::RunOutcome ended) { outcome = std::move(ended); });
  io.run();
  return outcome;
}

}  // namespace gv::ctl
