#include "ctl/problem.hpp"

#include <algorithm>
#include <array>

#include "daemon/bus/names.hpp"

namespace gv::ctl {
namespace {

struct Known {
  std::string_view name;
  Exit exit;
  std::string_view advice;
};

constexpr std::string_view look_at_the_daemon = "systemctl --user status gemini-voiced";
constexpr std::string_view look_at_the_log = "journalctl --user -u gemini-voiced -e";

// The daemon's own errors, after the common prefix.
constexpr std::array daemon_errors{
    Known{"NoApiKey", Exit::key, "gemini-voicectl config show"},
    Known{"AuthFailed", Exit::key, "another API key"},
    Known{"DeviceUnavailable", Exit::device, "gemini-voicectl devices"},
    Known{"ConfigInvalid", Exit::config_invalid, "gemini-voicectl config check"},
    Known{"InvalidArgument", Exit::usage, "gemini-voicectl help"},
    Known{"Busy", Exit::refused, "gemini-voicectl stop"},
    Known{"BudgetExceeded", Exit::refused, "a larger usage.daily_budget"},
    Known{"QuotaExceeded", Exit::refused, "again later"},
    Known{"ToolDenied", Exit::refused, ""},
    Known{"NotRunning", Exit::failed, "gemini-voicectl start"},
    Known{"ModelUnavailable", Exit::failed, "another model in the profile"},
    Known{"NetworkUnavailable", Exit::failed, "again when the network is back"},
    Known{"ProtocolError", Exit::failed, look_at_the_log},
};

// The bus's and the system's; a name ending in '.' stands for all that begin so.
constexpr std::array bus_errors{
    Known{"org.freedesktop.DBus.Error.ServiceUnknown", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.DBus.Error.NameHasNoOwner", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.DBus.Error.Spawn.", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.systemd1.", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.DBus.Error.NoReply", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.DBus.Error.Disconnected", Exit::no_daemon, look_at_the_daemon},
    Known{"org.freedesktop.DBus.Error.Timeout", Exit::timed_out, "a longer --timeout"},
    Known{"org.freedesktop.DBus.Error.TimedOut", Exit::timed_out, "a longer --timeout"},
    Known{"org.freedesktop.DBus.Error.AccessDenied", Exit::refused, ""},
};

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('.') ? name.starts_with(pattern) : name == pattern;
}

Known find(std::string_view name) {
  const std::string_view prefix = bus::error_prefix;
  if (name.starts_with(prefix)) {
    for (const Known& known : daemon_errors) {
      if (name.substr(prefix.size()) == known.name) return known;
    }
  }
  for (const Known& known : bus_errors) {
    if (matches(known.name, name)) return known;
  }
  return {name, Exit::failed, look_at_the_log};
}

}  // namespace

Exit exit_code(std::string_view error_name) {
  return find(error_name).exit;
}

Problem from_bus(std::string_view verb, std::string_view error_name, std::string_view message) {
  const Known known = find(error_name);
  std::string why(message.empty() ? error_name : message);
  std::replace(why.begin(), why.end(), '\n', ' ');
  if (known.exit == Exit::no_daemon) {
    why = "gemini-voiced is not running and could not be activated (" + why + ")";
  }
  // The daemon's sentences mostly say what to do already.
  const bool advised = why.find("Try: ") != std::string::npos;
  if (!advised) {
    while (!why.empty() && (why.back() == '.' || why.back() == ' '))
      why.pop_back();
  }
  return {known.exit, std::string(verb), why, advised ? "" : std::string(known.advice)};
}

}  // namespace gv::ctl
