#include "daemon/bus/callers.hpp"

#include <cstdint>
#include <map>
#include <utility>

#include <unistd.h>

#include "daemon/bus/lineage.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::bus {
namespace {

constexpr const char* unit = "gemini-voiced.service";
constexpr const char* where_to_answer =
    "Answer in the desktop's notification, or in a terminal that gemini-voiced has not opened";

Failure refusal(const std::string& why) {
  return {Error::tool_denied, why + ". " + where_to_answer};
}

// arrived: when its message came, in ticks_since_boot().
Failure judge_process(pid_t pid, std::uint64_t arrived) {
  const std::optional<Process> process = find_process(pid);
  // Who does not stay for the answer cannot be looked at; a younger one has its number by now.
  if (!process || process->started > arrived) {
    return refusal("who asked for this has ended before it could be seen who it was");
  }
  switch (descent(pid, ::getpid())) {
    case Descent::own:
      return refusal("this comes from a tool, or what it has started, and only you may answer");
    case Descent::unknown:
      return refusal("it cannot be seen who has started the program that asked for this");
    case Descent::foreign:
      break;
  }
  if (within_unit(cgroup_of(::getpid()), unit) && within_unit(cgroup_of(pid), unit)) {
    return refusal("this comes from within " + std::string(unit) + ", and only you may answer");
  }
  return {};
}

}  // namespace

Callers::Callers(sdbus::IConnection& connection)
    : bus_(sdbus::createProxy(connection, Name{"org.freedesktop.DBus"},
                              sdbus::ObjectPath{"/org/freedesktop/DBus"})) {}

void Callers::judge(const std::string& sender, std::function<void(const Failure&)> verdict) {
  bus_->callMethodAsync("GetConnectionUnixProcessID")
      .onInterface("org.freedesktop.DBus")
      .withArguments(sender)
      .uponReplyInvoke([verdict = std::move(verdict), arrived = ticks_since_boot()](
                           ReplyError error, const std::uint32_t& pid) {
        gv::guarded("an answer to a tool", [&] {
          verdict(error || pid == 0 ? refusal("the bus does not know who asked for this")
                                    : judge_process(static_cast<pid_t>(pid), arrived));
        });
      });
}

}  // namespace gv::bus
