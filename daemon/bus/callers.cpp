#include "daemon/bus/callers.hpp"

#include <cstdint>
#include <utility>

#include "daemon/util/guarded.hpp"
#include "daemon/util/lineage.hpp"

namespace gv::bus {
namespace {

constexpr const char* where_to_answer =
    "Answer in the desktop's notification, or in a terminal that gemini-voiced has not opened";

Failure refusal(const std::string& why) {
  return {Error::tool_denied, why + ". " + where_to_answer};
}

// arrived: when its message came, in ticks_since_boot().
Failure judge_process(pid_t pid, std::uint64_t arrived) {
  switch (tie_to_us(pid, arrived)) {
    case Tie::ended:
      return refusal("who asked for this has ended before it could be seen who it was");
    case Tie::descends:
      return refusal("this comes from a tool, or what it has started, and only you may answer");
    case Tie::unseen:
      return refusal("it cannot be seen who has started the program that asked for this");
    case Tie::in_unit:
      return refusal("this comes from within " + std::string(own_unit) +
                     ", and only you may answer");
    case Tie::none:
      break;
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
