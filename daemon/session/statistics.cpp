#include "daemon/session/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace gv::session {

void LatencyWindow::add(std::int64_t nanoseconds) {
  values_us_[next_] = static_cast<std::uint64_t>(std::max<std::int64_t>(0, nanoseconds / 1000));
  next_ = (next_ + 1) % capacity;
  size_ = std::min(size_ + 1, capacity);
}

std::uint64_t LatencyWindow::percentile_us(double quantile) const {
  if (size_ == 0) return 0;
  std::vector<std::uint64_t> sorted(values_us_.begin(),
                                    values_us_.begin() + static_cast<std::ptrdiff_t>(size_));
  const auto rank = std::max(1.0, std::ceil(quantile * static_cast<double>(size_)));
  const auto nth = sorted.begin() + (static_cast<std::ptrdiff_t>(rank) - 1);
  std::ranges::nth_element(sorted, nth);
  return *nth;
}

Values Statistics::values(const Counters& machine, const audio::Counters& engine,
                          const audio::Levels& levels) const {
  Values values{
      {"connects", machine.connects},
      {"reconnects", machine.reconnects},
      {"handovers", machine.handovers},
      {"interruptions", machine.interruptions},
      {"stalls", machine.stalls},
      {"late_audio_parts", machine.late_audio_parts},
      {"tool_calls", machine.tool_calls},
      {"tool_errors", machine.tool_errors},
      {"last_turn_latency_ms", machine.last_turn_latency_ms},
      {"tokens_in", machine.tokens.in()},
      {"tokens_out", machine.tokens.out()},
      {"capture_xruns", engine.capture_xruns},
      {"playback_xruns", engine.playback_xruns},
      {"capture_lost", engine.capture_lost},
      {"playback_lost", engine.playback_lost},
      {"frames_sent", frames_sent},
      {"frames_dropped", frames_dropped + engine.capture_dropped},
      {"audio_in_ms", frames_sent * 1000 / audio::capture_rate},
      {"audio_out_ms", audio_out_frames * 1000 / audio::playback_rate},
      {"malformed_messages", malformed_messages},
      {"loop_lag_max_us", loop_lag_max_us},
      {"mic_to_wire_us_p50", mic_to_wire.percentile_us(0.50)},
      {"mic_to_wire_us_p99", mic_to_wire.percentile_us(0.99)},
      {"wire_to_device_us_p50", wire_to_device.percentile_us(0.50)},
      {"wire_to_device_us_p99", wire_to_device.percentile_us(0.99)},
      {"interrupt_to_silence_us_p50", interrupt_to_silence.percentile_us(0.50)},
      {"interrupt_to_silence_us_p99", interrupt_to_silence.percentile_us(0.99)},
      {"speech_to_duck_us_p50", speech_to_duck.percentile_us(0.50)},
      {"speech_to_duck_us_p99", speech_to_duck.percentile_us(0.99)},
      {"speech_to_hold_us_p50", speech_to_hold.percentile_us(0.50)},
      {"speech_to_hold_us_p99", speech_to_hold.percentile_us(0.99)},
      {"ducks", engine.ducks},
      {"holds", engine.holds},
      {"restores", engine.restores},
      {"microphone_dbfs", levels.microphone_dbfs},
      {"speaker_dbfs", levels.speaker_dbfs},
  };
  if (levels.erle_db) values["echo_erle_db"] = *levels.erle_db;
  if (levels.coupling_db) values["echo_coupling_db"] = *levels.coupling_db;
  return values;
}

}  // namespace gv::session
