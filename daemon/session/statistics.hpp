// What GetStatistics shows: counters and latencies of the current or last session, all measured.
// Pure; main thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/audio/engine.hpp"
#include "daemon/session/control.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {

// The newest values of a latency, in microseconds; percentiles are exact over them.
class LatencyWindow {
 public:
  void add(std::int64_t nanoseconds);
  // quantile: 0 to 1, nearest rank; 0 where nothing was measured.
  std::uint64_t percentile_us(double quantile) const;

 private:
  static constexpr std::size_t capacity = 1024;
  std::array<std::uint64_t, capacity> values_us_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

struct Statistics {
  std::uint64_t frames_sent = 0;       // microphone frames at 16 kHz handed to the socket
  std::uint64_t frames_dropped = 0;    // microphone frames not sent: the network is too slow
  std::uint64_t audio_out_frames = 0;  // answer frames at 24 kHz that were taken from the service
  std::uint64_t malformed_messages = 0;
  std::uint64_t loop_lag_max_us = 0;
  LatencyWindow mic_to_wire;
  LatencyWindow wire_to_device;
  LatencyWindow interrupt_to_silence;
  LatencyWindow speech_to_duck;  // the reflex: from the voice at the microphone to the device
  LatencyWindow speech_to_hold;

  // engine: what the engine has counted since the session's start. levels: of now.
  Values values(const Counters& machine, const audio::Counters& engine,
                const audio::Levels& levels) const;
};

}  // namespace gv::session
