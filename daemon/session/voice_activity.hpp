// Whether the user speaks, from the level of the microphone alone: good enough to find a quiet
// moment and to notice that the service does not react. Pure; main thread; owned by the driver.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace gv::session {

class VoiceActivity {
 public:
  // samples: 16 kHz mono, some 10 to 40 ms. A value where speech began (true) or ended (false).
  std::optional<bool> feed(std::span<const std::int16_t> samples);
  // The microphone is closed: what was being said is over.
  std::optional<bool> reset();

 private:
  double floor_ = 100;  // level of the room; RMS, full scale 32768
  double loud_ms_ = 0;
  double quiet_ms_ = 0;
  bool speaking_ = false;
};

}  // namespace gv::session
