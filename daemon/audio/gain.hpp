// A gain along a stream of samples, with ramps instead of steps, which would click. Pure; audio
// thread. It is a function of the position in the stream, so that sound which is taken back from
// the device and made anew gets the gain that it had.
#pragma once

#include <cstdint>
#include <span>

namespace gv::audio {

class Gain {
 public:
  // From `position` on, within `frames`, from what it is there to `target`. All that is before
  // counts as having what it is there.
  void ramp(std::uint64_t position, double target, unsigned frames);
  // The same from another gain than it is there: after a gap in the sound.
  void ramp_from(double start, std::uint64_t position, double target, unsigned frames);
  void reset() { *this = {}; }  // full level everywhere

  double at(std::uint64_t position) const;
  // position: of the first of `samples`.
  void apply(std::uint64_t position, std::span<std::int16_t> samples) const;

 private:
  std::uint64_t from_ = 0;
  double start_ = 1;
  double target_ = 1;
  unsigned frames_ = 0;
};

// What is put where a stream breaks off after `last`: its end backwards, fading out over the length
// of `out`.
void fade_away(std::span<const std::int16_t> last, std::span<std::int16_t> out);

}  // namespace gv::audio
