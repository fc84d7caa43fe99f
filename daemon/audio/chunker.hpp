// Re-blocks what a microphone delivers (16 kHz mono, any length) to chunks of 20 to 40 ms, each
// with the time at which its last sample was heard. Pure. Used by the audio thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/audio/engine.hpp"

namespace gv::audio {

class Chunker {
 public:
  // Chunks are at least a period of the device long.
  explicit Chunker(unsigned period_ms);

  // last_ns: when the last of `samples` crossed the device.
  void push(std::span<const std::int16_t> samples, std::int64_t last_ns);
  // False: not enough for a chunk yet.
  bool pop(CaptureChunk& chunk);
  void reset() { pending_.clear(); }

 private:
  std::size_t min_frames_;
  std::vector<std::int16_t> pending_;
  std::int64_t last_ns_ = 0;
};

}  // namespace gv::audio
