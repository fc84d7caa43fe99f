// Between the microphone and the speaker: what is heard there tells what to do here, without the
// main loop and without the service. Audio thread only; owned by the engine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "daemon/audio/barge_in.hpp"
#include "daemon/audio/playback_stream.hpp"
#include "daemon/audio/taps.hpp"

namespace gv::audio {

class Reflex final : public CaptureTap {
 public:
  explicit Reflex(PlaybackStream& playback) : playback_(playback) {}

  // From now on. False: whatever is said, nothing is done, and what was done is undone.
  void allow(bool allowed);
  // The microphone is gone, or is another one: nobody would take back what was done.
  void deaf();
  void heard(std::span<const std::int16_t> samples, std::int64_t last_ns,
             std::optional<bool> voice) override;

 private:
  void feed(std::int64_t end_ns, std::optional<bool> voice);

  PlaybackStream& playback_;
  BargeIn barge_in_;
  bool allowed_ = false;
  std::array<std::int16_t, BargeIn::frame> frame_{};
  std::size_t filled_ = 0;
};

}  // namespace gv::audio
