#include "daemon/system/system_bus.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>

#include "daemon/util/clock.hpp"

namespace gv::system {
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

bus::Source source_of(sd_bus& bus) {
  return {[&bus] {
            const int handled = sd_bus_process(&bus, nullptr);
            check(handled, "the system bus");
            return handled > 0;
          },
          [&bus] {
            const int fd = sd_bus_get_fd(&bus);
            check(fd, "the system bus");
            const int events = sd_bus_get_events(&bus);
            check(events, "the system bus");
            std::uint64_t moment_us = UINT64_MAX;
            check(sd_bus_get_timeout(&bus, &moment_us), "the system bus");
            return bus::PollNeeds{{{fd, static_cast<short>(events), 0}}, until_ms(moment_us)};
          }};
}

}  // namespace gv::system
