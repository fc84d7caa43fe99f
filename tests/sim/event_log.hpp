// The sim's evidence: JSON lines and raw recordings, flushed as they happen, for the tests to read
// while it runs. Fields and events: tests/sim/README.md. Main thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <boost/json/object.hpp>

namespace gv::sim {

// CLOCK_MONOTONIC in nanoseconds, the "t_ns" of a line.
std::int64_t monotonic_ns();

class EventLog {
 public:
  // Empty paths: not wanted. Throws std::runtime_error where a file cannot be written.
  EventLog(const std::filesystem::path& log, const std::filesystem::path& uplink,
           const std::filesystem::path& downlink);

  void write(std::int64_t t_ns, std::uint64_t connection, std::string_view event,
             const boost::json::object& details = {});
  void record_uplink(std::string_view pcm);
  void record_downlink(std::string_view pcm);

 private:
  std::ofstream log_;
  std::ofstream uplink_;
  std::ofstream downlink_;
};

}  // namespace gv::sim
