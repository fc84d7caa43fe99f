// What comes from an MCP server and is of no use, counted in windows of time. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace gv::tools {

class Flood {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Bytes count before it is known whether they are of use. False: it is too much.
  bool bytes(Time now, std::size_t count) {
    begin(now);
    bytes_ += count;
    return bytes_ <= most_bytes;
  }
  // They were of use, but for how they were wrapped up.
  void forgive(std::size_t count) { bytes_ -= std::min(bytes_, count); }
  // A message that nobody asked for. False: there are too many.
  bool message(Time now) {
    begin(now);
    return ++messages_ <= most_messages;
  }

 private:
  static constexpr std::chrono::seconds length{10};
  static constexpr std::size_t most_bytes = 16UL * 1024 * 1024;
  static constexpr std::size_t most_messages = 5000;

  void begin(Time now) {
    if (now - begun_ <= length) return;
    begun_ = now;
    bytes_ = messages_ = 0;
  }

  Time begun_{};
  std::size_t bytes_ = 0;
  std::size_t messages_ = 0;
};

}  // namespace gv::tools
