#include "daemon/util/lineage.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace gv {
namespace {

constexpr int longest_line = 256;  // of ancestors; nobody nests that deep by accident
// A parent that ends while its child is looked at gives the child away to another.
constexpr int attempts = 3;

std::string read_proc(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + '/' + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The blank-separated field number `index`, from 0.
std::string_view field(std::string_view text, std::size_t index) {
  for (; index > 0; --index) {
    const auto blank = text.find(' ');
    if (blank == text.npos) return {};
    text.remove_prefix(blank + 1);
  }
  return text.substr(0, text.find(' '));
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Descent follow(pid_t pid, pid_t ancestor) {
  for (int i = 0; i < longest_line; ++i) {
    const std::optional<Process> process = find_process(pid);
    if (!process) return Descent::unknown;
    if (process->parent == ancestor) return Descent::own;
    if (process->parent <= 1) return Descent::foreign;
    pid = process->parent;
  }
  return Descent::unknown;
}

}  // namespace

std::optional<Process> parse_stat(std::string_view stat) {
  // pid (name) state parent …: the name may hold anything, blanks and parentheses too.
  const auto name_end = stat.rfind(") ");
  if (name_end == stat.npos) return std::nullopt;
  stat.remove_prefix(name_end + 2);
  Process process;
  constexpr std::size_t parent_field = 1;
  constexpr std::size_t start_field = 19;  // starttime, number 22 of proc(5)
  if (!read_number(field(stat, parent_field), process.parent) ||
      !read_number(field(stat, start_field), process.started)) {
    return std::nullopt;
  }
  return process;
}

std::optional<Process> find_process(pid_t pid) {
  return parse_stat(read_proc(pid, "stat"));
}

std::uint64_t ticks_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * per_second +
         static_cast<std::uint64_t>(now.tv_nsec) * per_second / 1'000'000'000;
}

Descent descent(pid_t pid, pid_t ancestor) {
  Descent found = Descent::unknown;
  for (int i = 0; i < attempts && found == Descent::unknown; ++i)
    found = follow(pid, ancestor);
  return found;
}

std::string_view parse_cgroup(std::string_view text) {
  constexpr std::array<std::string_view, 2> systemds{"0::", "1:name=systemd:"};
  for (const std::string_view mark : systemds) {
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      if (line.starts_with(mark)) return line.substr(mark.size());
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
  }
  return {};
}

std::string cgroup_of(pid_t pid) {
  return std::string(parse_cgroup(read_proc(pid, "cgroup")));
}

bool within_unit(std::string_view path, std::string_view unit) {
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (name == unit) return true;
    path.remove_prefix(std::min(name.size() + 1, path.size()));
  }
  return false;
}

Tie tie_to_us(pid_t pid, std::uint64_t seen) {
  const std::optional<Process> process = find_process(pid);
  if (!process || process->started > seen) return Tie::ended;
  switch (descent(pid, ::getpid())) {
    case Descent::own:
      return Tie::descends;
    case Descent::unknown:
      return Tie::unseen;
    case Descent::foreign:
      break;
  }
  const bool in_unit =
      within_unit(cgroup_of(::getpid()), own_unit) && within_unit(cgroup_of(pid), own_unit);
  return in_unit ? Tie::in_unit : Tie::none;
}

}  // namespace gv
