// The sound path, tried with an engine of one's own: opens both devices as the daemon would, plays
// the test signal and records the microphone. For doctor --audio; blocks, some seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/audio/engine.hpp"

namespace gv::ctl {

struct AudioCheck {
  // Each with a device, or with the reason why there is none.
  struct Side {
    std::optional<audio::StreamInfo> info;
    std::string failure;
  };
  Side capture;
  Side playback;

  std::vector<std::int16_t> signal;     // as played, 16 kHz
  std::vector<std::int16_t> recording;  // 16 kHz, from before the signal to after it
  std::size_t signal_at = 0;  // the frame of it that was heard when the speaker took the signal
  // From the microphone to us, at the most and mostly, and how often something comes.
  double capture_latency_ms = 0;
  double capture_delay_ms = 0;
  double capture_interval_ms = 0;
  // Until what the speaker's device has taken sounds, by its own word.
  double playback_delay_ms = 0;
  audio::Counters counters;
  audio::Levels levels;  // at the end
  bool cancels = false;  // a canceller was wanted, and the library has made one

  // Of either device; empty: none.
  const std::string& failure() const {
    return capture.failure.empty() ? playback.failure : capture.failure;
  }
};

// Plays these (24 kHz), some seconds at most, as turn 1.
void give_to_speaker(audio::Engine& engine, std::span<const std::int16_t> samples);
// Both devices, opened and closed again: nothing is played, and what is recorded is forgotten. A
// side that did not settle within the limit has neither a device nor a reason.
AudioCheck open_devices(const audio::CaptureSpec& capture, const audio::PlaybackSpec& playback,
                        std::chrono::milliseconds limit);

// Plays so many seconds; nothing where the microphone does not open, and the other way round.
AudioCheck check_audio(const audio::CaptureSpec& capture, const audio::PlaybackSpec& playback,
                       double seconds);

}  // namespace gv::ctl
