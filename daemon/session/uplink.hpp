// The last second of the microphone, so that a change of connection loses no word
// (live-api.md section 7.2, step 5). Pure; main thread; owned by the driver.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace gv::session {

class Uplink {
 public:
  // Older audio confuses the service's voice activity detection.
  static constexpr std::size_t max_frames = 16000;  // at 16 kHz

  struct Chunk {
    std::int64_t captured_ns = 0;  // CLOCK_MONOTONIC, of the last frame
    std::vector<std::int16_t> samples;
  };

  void keep(std::span<const std::int16_t> samples, std::int64_t captured_ns);
  // What was captured after that moment, as far as it is still there; oldest first.
  std::vector<std::span<const std::int16_t>> since(std::int64_t captured_ns) const;
  void clear();

 private:
  std::deque<Chunk> chunks_;
  std::size_t frames_ = 0;
};

}  // namespace gv::session
