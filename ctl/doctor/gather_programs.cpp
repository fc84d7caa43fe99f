#include <cstdlib>

#include "ctl/doctor/gather.hpp"
#include "daemon/util/libexec.hpp"

namespace gv::ctl {

std::vector<NamedProgram> gather_programs(const config::Config& config) {
  const char* path = std::getenv("PATH");
  std::vector<NamedProgram> programs = named_programs(config);
  for (const char* name : {"gemini-voice-letters", "gemini-voice-mcp-bridge",
                           "gemini-voice-picture", "gemini-voice-probe", "gemini-voice-secret"})
    programs.push_back({"", libexec_program(name)});
  for (NamedProgram& one : programs)
    one.found = can_run(one.program, path == nullptr ? "" : path);
  return programs;
}

}  // namespace gv::ctl
