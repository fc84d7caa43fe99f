// Whether the user speaks, from the level of the microphone alone: good enough to find a quiet
// moment and to notice that the service does not react; and a milder ear, for whether anybody says
// anything while the talk key is down. Pure; main thread; owned by the driver.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace gv::session {

class VoiceActivity {
 public:
  struct Sensitivity {
    double least_level = 0;  // RMS, full scale 32768
    double above_floor = 0;  // as a factor
    double onset_ms = 0;     // shorter is a click
  };
  static constexpr Sensitivity sure{.least_level = 250, .above_floor = 3, .onset_ms = 60};
  static constexpr Sensitivity faint{.least_level = 0, .above_floor = 2, .onset_ms = 100};
  explicit VoiceActivity(Sensitivity sensitivity = sure) : sensitivity_(sensitivity) {}

  // samples: 16 kHz mono, some 10 to 40 ms. A value where speech began (true) or ended (false).
  std::optional<bool> feed(std::span<const std::int16_t> samples);
  // The microphone is closed: what was being said is over.
  std::optional<bool> reset();
  bool speaking() const { return speaking_; }
  // How long before the end of what was fed the last change was, which takes time to be told.
  double changed_ms_ago() const { return changed_ms_ago_; }

 private:
  Sensitivity sensitivity_;
  double floor_ = 100;  // level of the room; RMS, full scale 32768
  double loud_ms_ = 0;
  double quiet_ms_ = 0;
  double changed_ms_ago_ = 0;
  bool speaking_ = false;
};

}  // namespace gv::session
