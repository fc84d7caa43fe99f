#include "daemon/config/programs.hpp"

#include <algorithm>
#include <array>

namespace gv::config {
namespace {

using Script = Interpreter::Script;

constexpr std::array<std::string_view, 24> launchers{
    "busybox", "chroot", "chrt",  "dbus-run-session", "doas",    "env",     "exec",    "flock",
    "ionice",  "nice",   "nohup", "nsenter",          "pkexec",  "prlimit", "runcon",  "setpriv",
    "setsid",  "stdbuf", "sudo",  "systemd-run",      "taskset", "timeout", "unshare", "xargs",
};

constexpr std::array<Interpreter, 22> interpreters{{
    {"sh", "c", "oO", true},
    {"bash", "c", "oO", true},
    {"dash", "c", "oO", true},
    {"ash", "c", "oO", true},
    {"zsh", "c", "oO", true},
    {"ksh", "c", "oO", true},
    {"mksh", "c", "oO", true},
    {"fish", "c", "d", true},
    {"tcsh", "c", "", true},
    {"csh", "c", "", true},
    {"python", "c", "WX"},
    {"perl", "eE", ""},
    {"ruby", "e", "r"},
    {"node", "ep", "r"},
    {"php", "r", "cd"},
    {"lua", "e", "l"},
    {"script", "c", "", true, Script::none},
    {"su", "c", "", true, Script::none},
    {"runuser", "c", "", true, Script::none},
    {"at", "", "", false, Script::none},
    {"batch", "", "", false, Script::none},
    {"ssh", "", "BbcDEeFIiJLlmOoPpQRSWw", true, Script::behind_host},
}};

std::string_view bare(std::string_view program) {
  return program.substr(program.rfind('/') + 1);
}

bool is_short(std::string_view option) {
  return option.size() > 1 && (option[0] == '-' || option[0] == '+') && option[1] != '-';
}

bool is_input(std::string_view file) {
  return file == "-" || file == "/dev/stdin" || file == "/dev/fd/0" || file == "/proc/self/fd/0";
}

}  // namespace

bool is_launcher(std::string_view program) {
  return std::ranges::find(launchers, bare(program)) != launchers.end();
}

const Interpreter* interpreter(std::string_view argument) {
  std::string_view name = bare(argument);
  while (!name.empty() && (name.back() == '.' || (name.back() >= '0' && name.back() <= '9')))
    name.remove_suffix(1);
  const auto* const found = std::ranges::find(interpreters, name, &Interpreter::name);
  return found == interpreters.end() ? nullptr : found;
}

bool brings_code(const Interpreter& program, std::string_view option) {
  if (program.name == "node" && (option == "--eval" || option == "--print")) return true;
  if (option.starts_with("--")) return program.shell && option.find("command") != option.npos;
  return is_short(option) && option[0] == '-' &&
         option.find_first_of(program.letters) != option.npos;
}

bool reads_code(const Interpreter& program, const std::vector<std::string>& argv,
                std::size_t first) {
  if (program.script == Script::none) return true;
  const std::size_t needed = program.script == Script::behind_host ? 2 : 1;
  std::size_t words = 0;
  for (std::size_t i = first; i < argv.size() && words < needed; ++i) {
    const std::string& word = argv[i];
    if (is_short(word)) {
      const bool is_shell = program.shell && program.script == Script::named;
      if (is_shell && word.find('s') != word.npos) return true;  // whatever else it is given
      if (program.name == "python" && word[1] == 'm') return false;
      if (word.size() == 2 && program.values.find(word[1]) != program.values.npos) ++i;
    } else if (!word.starts_with("--") && !is_input(word)) {
      ++words;
    }
  }
  return words < needed;
}

}  // namespace gv::config
