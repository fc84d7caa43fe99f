#include "tests/sim/event_log.hpp"

#include <ctime>
#include <stdexcept>

#include <boost/json/serialize.hpp>

namespace gv::sim {
namespace {

void open(std::ofstream& file, const std::filesystem::path& path) {
  if (path.empty()) return;
  file.open(path, std::ios::binary | std::ios::trunc);
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

void append(std::ofstream& file, std::string_view bytes) {
  if (!file.is_open()) return;
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.flush();
}

}  // namespace

std::int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

EventLog::EventLog(const std::filesystem::path& log, const std::filesystem::path& uplink,
                   const std::filesystem::path& downlink) {
  open(log_, log);
  open(uplink_, uplink);
  open(downlink_, downlink);
}

void EventLog::write(std::int64_t t_ns, std::uint64_t connection, std::string_view event,
                     const boost::json::object& details) {
  if (!log_.is_open()) return;
  boost::json::object line{{"t_ns", t_ns}, {"conn", connection}, {"event", event}};
  for (const auto& detail : details) {
    line[detail.key()] = detail.value();
  }
  append(log_, boost::json::serialize(line) + "\n");
}

void EventLog::record_uplink(std::string_view pcm) {
  append(uplink_, pcm);
}
void EventLog::record_downlink(std::string_view pcm) {
  append(downlink_, pcm);
}

}  // namespace gv::sim
