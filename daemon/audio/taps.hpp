// Who listens in on the two streams: what goes to the speaker, what comes from the microphone.
// Called on the audio thread, from within a stream: no locks, no waiting, no calls back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace gv::audio {

class PlaybackTap {
 public:
  virtual ~PlaybackTap() = default;
  // Given to the device: answers and silence, as loud as they will be heard; 24 kHz.
  // first_heard_ns: when the first of them will be, by the device's delay.
  virtual void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) = 0;
  // The last so many of what was written are not heard: the device was made to give them back, and
  // what is written next is heard in their place.
  virtual void took_back(std::size_t frames) = 0;
  // The device was stopped: what was to be heard from now_ns on is not.
  virtual void cut(std::int64_t now_ns) = 0;
};

class CaptureTap {
 public:
  virtual ~CaptureTap() = default;
  // What the microphone heard, 16 kHz, cleaned, before it is cut into chunks. last_ns: when the
  // last of the samples crossed the device. voice: whether somebody speaks into it, where something
  // knows better than by listening to it.
  virtual void heard(std::span<const std::int16_t> samples, std::int64_t last_ns,
                     std::optional<bool> voice) = 0;
};

}  // namespace gv::audio
