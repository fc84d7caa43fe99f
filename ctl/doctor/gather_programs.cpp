#include <cstdlib>

#include "ctl/doctor/gather.hpp"
#include "daemon/config/paths.hpp"
#include "daemon/util/libexec.hpp"

namespace gv::ctl {

std::vector<NamedProgram> gather_programs(const config::Config& config) {
  const char* path = std::getenv("PATH");
  std::vector<NamedProgram> programs = named_programs(config);
  for (const char* name : {"gemini-voice-letters", "gemini-voice-mcp-bridge",
                           "gemini-voice-picture", "gemini-voice-probe", "gemini-voice-secret"})
    programs.push_back({"", libexec_program(name)});
  for (NamedProgram& one : programs) {
    const std::string program = config::expand_home(one.program, config::process_environment());
    one.found = can_run(program, path == nullptr ? "" : path);
  }
  return programs;
}

}  // namespace gv::ctl
