// What both streams share with the engine. Audio thread only, but for the counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "daemon/audio/events.hpp"

namespace gv::audio {

// Read by the main thread at any time.
struct AtomicCounters {
  std::atomic<std::uint64_t> capture_xruns{0};
  std::atomic<std::uint64_t> playback_xruns{0};
  std::atomic<std::uint64_t> capture_lost{0};
  std::atomic<std::uint64_t> playback_lost{0};
  std::atomic<std::uint64_t> capture_frames{0};
  std::atomic<std::uint64_t> capture_dropped{0};
  std::atomic<std::uint64_t> playback_frames{0};
  std::atomic<std::uint64_t> ducks{0};
  std::atomic<std::uint64_t> holds{0};
  std::atomic<std::uint64_t> restores{0};
  std::atomic<std::uint64_t> wakeups{0};
  std::atomic<std::uint64_t> faults{0};
};

struct StreamContext {
  EventQueue& events;
  AtomicCounters& counters;
  std::shared_ptr<Bell> bell;  // wakes the audio thread
};

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();  // as a time
inline constexpr std::int64_t resume_retry_ns = 100'000'000;
// A card that does not wake up is lost after 5 s. Counted, so that a machine's own sleep does not.
inline constexpr int most_resumes = 50;
inline constexpr const char* no_answer = "the sound server does not answer";

inline Failure lost_device(Direction direction, const std::string& device, const std::string& why) {
  return {Error::device_unavailable,
          std::string(direction == Direction::capture ? "the microphone " : "the speaker ") +
              device + " was lost: " + why +
              ". Try: plug it in again or restart the sound server; gemini-voicectl devices shows "
              "what there is"};
}

}  // namespace gv::audio
