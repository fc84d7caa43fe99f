// Who listens in on the two streams: what goes to the speaker, what comes from the microphone.
// Called on the audio thread, from within a stream: no locks, no waiting, no calls back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace gv::audio {

class PlaybackTap {
 public:
  virtual ~PlaybackTap() = default;
  // Given to the device: answers and silence, as loud as they will be heard; 24 kHz.
  // first_heard_ns: when the first of them will be, by the device's delay. Sound that is taken back
  // and given anew comes again, with times that were there before: what comes later is what is
  // heard.
  virtual void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) = 0;
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
