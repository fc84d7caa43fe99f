#include "daemon/bus/sd_bus.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>

#include "daemon/util/clock.hpp"

namespace gv::bus {
namespace {

constexpr std::uint64_t longest_wait_ms = 3'600'000;

// libsystemd gives a moment of CLOCK_MONOTONIC in µs.
int until_ms(std::uint64_t moment_us) {
  if (moment_us == UINT64_MAX) return -1;
  const auto now_us = static_cast<std::uint64_t>(now_ns()) / 1000;
  if (moment_us <= now_us) return 0;
  return static_cast<int>(std::min((moment_us - now_us + 999) / 1000, longest_wait_ms));
}

}  // namespace

void check(int result, const char* what) {
  if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

BusHandle open_system_bus() {
  sd_bus* bus = nullptr;
  check(sd_bus_open_system(&bus), "the system bus");
  return BusHandle(bus);
}

BusHandle open_session_bus() {
  sd_bus* bus = nullptr;
  check(sd_bus_open_user(&bus), "the session bus");
  return BusHandle(bus);
}

MessageHandle new_call(sd_bus& bus, const char* destination, const char* path,
                       const char* interface, const char* method) {
  sd_bus_message* message = nullptr;
  check(sd_bus_message_new_method_call(&bus, &message, destination, path, interface, method),
        method);
  return MessageHandle(message);
}

Source source_of(sd_bus& bus) {
  return {[&bus] {
            const int handled = sd_bus_process(&bus, nullptr);
            check(handled, "the bus");
            return handled > 0;
          },
          [&bus] {
            const int fd = sd_bus_get_fd(&bus);
            check(fd, "the bus");
            const int events = sd_bus_get_events(&bus);
            check(events, "the bus");
            std::uint64_t moment_us = UINT64_MAX;
            check(sd_bus_get_timeout(&bus, &moment_us), "the bus");
            return PollNeeds{{{fd, static_cast<short>(events), 0}}, until_ms(moment_us)};
          }};
}

}  // namespace gv::bus
