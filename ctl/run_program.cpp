#include "ctl/run_program.hpp"

#include <utility>

#include <asio/io_context.hpp>

#include "daemon/config/paths.hpp"
#include "daemon/tools/environment.hpp"

namespace gv::ctl {

std::vector<std::string> environment_for_programs() {
  return tools::hook_environment(config::process_variables(), {});
}

tools::RunOutcome run_program(tools::RunSpec spec) {
  asio::io_context io;
  tools::Runner runner(io);
  tools::RunOutcome outcome;
  runner.run(std::move(spec), [&outcome](tools::RunOutcome ended) { outcome = std::move(ended); });
  io.run();
  return outcome;
}

}  // namespace gv::ctl
