// Where a process comes from, as /proc tells: who may speak for the user, on the bus
// (daemon/bus/callers) and as the desktop's notifications (daemon/desktop/notifier). Any thread;
// reads only what the kernel makes up on the spot, so nothing waits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace gv {

struct Process {
  pid_t parent = 0;
  std::uint64_t started = 0;  // clock ticks since boot
};

// The text of /proc/PID/stat; nullopt: that is none.
std::optional<Process> parse_stat(std::string_view stat);
// nullopt: there is no such process.
std::optional<Process> find_process(pid_t pid);
std::uint64_t ticks_since_boot();

enum class Descent { foreign, own, unknown };  // unknown: its line could not be followed
// Whether `ancestor` has started `pid`, directly or through others. own for `ancestor`'s children,
// not for itself.
Descent descent(pid_t pid, pid_t ancestor);

// The text of /proc/PID/cgroup: the path that systemd made for it; empty: none.
std::string_view parse_cgroup(std::string_view text);
std::string cgroup_of(pid_t pid);
// Whether `path` is the group of `unit`, or in it.
bool within_unit(std::string_view path, std::string_view unit);

// What keeps a process from speaking for the user: whoever descends from this process, or is with
// it in its unit, may do what a tool wants.
enum class Tie {
  none,
  descends,  // this process has started it, directly or through others
  in_unit,   // it is in own_unit, as this process is
  ended,     // it cannot be looked at any more
  unseen     // its line could not be followed
};
inline constexpr const char* own_unit = "gemini-voiced.service";
// seen: when `pid` was there for certain, in ticks_since_boot(): a younger one has its number by
// now.
Tie tie_to_us(pid_t pid, std::uint64_t seen);

}  // namespace gv
