// How much later than its device says a speaker is heard by the microphone: Bluetooth headsets,
// receivers behind HDMI and the buffers of sound servers tell of their delay late, wrongly or not
// at all. Found by following how loud both ends are in some bands: whatever the room and a bad
// loudspeaker do to the sound, the beginnings of its syllables arrive. Where none arrive there is
// no echo, however loud somebody speaks.
//
// Pure; owned and fed by EchoFilter on the audio thread, once per 10 ms; takes no memory after
// construction. A tenth of a per cent of a core.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/echo/canceller.hpp"

namespace gv::echo {

class DelayFinder {
 public:
  DelayFinder();

  // In frames: a device that tells more than there is, and one that tells less.
  static constexpr int earliest = -12;
  static constexpr int latest = 220;

  struct Echo {
    double alike = 0;  // correlation, 0 to 1: how much of the microphone follows the far end
    // Than the far end that came with the frame; below 0: earlier. None: that cannot be told, as
    // with a sound that repeats itself.
    std::optional<std::int64_t> later_ns;
  };

  // far: what should be heard in `captured`, by what the device says.
  void add(ConstFrame captured, ConstFrame far);
  // From what the last few seconds of the far end have shown, from about the second one on. None:
  // no echo, or too little was played to tell.
  std::optional<Echo> echo() const { return echo_; }
  void reset();

 private:
  static constexpr std::size_t bands = 6;
  static constexpr std::size_t lags = latest - earliest + 1;
  static constexpr std::size_t history = 256;
  static_assert(history >= lags && (history & (history - 1)) == 0);
  using Values = std::array<float, bands>;

  // What a frame adds to how loud each band was just before.
  class Ear {
   public:
    explicit Ear(double least_dbfs);
    Values hear(ConstFrame frame);
    bool sounds() const { return sounds_; }  // the last frame

   private:
    struct Band {
      float memory1 = 0;  // of the filter
      float memory2 = 0;
      float mean = 0;   // of the level, log2 of power
      float floor = 0;  // likewise: what is always there
    };
    std::array<Band, bands> bands_{};
    float least_;
    bool sounds_ = false;
    bool begun_ = false;
  };
  void learn(const Values& captured);
  void judge();

  Ear far_ear_;
  Ear near_ear_;
  std::array<Values, history> far_{};
  std::array<bool, history> far_sounds_{};
  std::array<Values, history> near_{};
  std::size_t frame_ = 0;
  int active_ = 0;  // frames until all lags are silent
  std::array<float, lags> alike_{};
  std::array<float, lags> far_power_{};
  std::array<float, lags> near_power_{};
  std::array<float, lags> heard_{};  // frames
  int first_ = 0;                    // lag at which the echo seems to begin,
  int held_ = 0;                     // and frames for which it did,
  int alike_for_ = 0;                // or for which there was one anywhere
  std::optional<Echo> echo_;
};

}  // namespace gv::echo
