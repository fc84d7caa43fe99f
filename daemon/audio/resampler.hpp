// Sample rate conversion, 16-bit mono, by speexdsp (audio.md 1.3). Pure. Used by the audio thread.
//
// Output sample n is input time n / out_rate: the filter's leading zeros are left out. Its last
// latency() input frames come out only when more input follows; feed silence after the last sample.
// Equal rates: samples pass unchanged.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct SpeexResamplerState_;

namespace gv::audio {

class Resampler {
 public:
  // Throws std::runtime_error where speexdsp refuses the rates.
  Resampler(unsigned in_rate, unsigned out_rate);

  // Appends to `out`.
  void process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out);
  // Forgets all samples so far.
  void reset();
  unsigned latency() const { return latency_; }  // input frames

 private:
  struct Destroy {
    void operator()(SpeexResamplerState_* state) const;
  };
  std::unique_ptr<SpeexResamplerState_, Destroy> state_;  // nullptr: pass through
  unsigned in_rate_;
  unsigned out_rate_;
  unsigned latency_ = 0;
};

}  // namespace gv::audio
