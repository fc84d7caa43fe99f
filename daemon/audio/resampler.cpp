#include "daemon/audio/resampler.hpp"

#include <stdexcept>
#include <string>

#include <speex/speex_resampler.h>

namespace gv::audio {
namespace {

// 1.2 ms of CPU for a second of sound and 1.7 to 2.5 ms of delay (audio.md 1.3).
constexpr int quality = 5;

}  // namespace

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

Resampler::Resampler(unsigned in_rate, unsigned out_rate) : in_rate_(in_rate), out_rate_(out_rate) {
  if (in_rate == out_rate) return;
  int error = 0;
  state_.reset(speex_resampler_init(1, in_rate, out_rate, quality, &error));
  if (!state_) {
    throw std::runtime_error("speexdsp cannot convert " + std::to_string(in_rate) + " Hz to " +
                             std::to_string(out_rate) + " Hz: " + speex_resampler_strerror(error));
  }
  latency_ = static_cast<unsigned>(speex_resampler_get_input_latency(state_.get()));
  reset();
}

void Resampler::reset() {
  if (!state_) return;
  speex_resampler_reset_mem(state_.get());
  speex_resampler_skip_zeros(state_.get());
}

void Resampler::process(std::span<const std::int16_t> in, std::vector<std::int16_t>& out) {
  if (!state_) {
    out.insert(out.end(), in.begin(), in.end());
    return;
  }
  while (!in.empty()) {
    const std::size_t before = out.size();
    auto taken = static_cast<spx_uint32_t>(in.size());
    auto made = static_cast<spx_uint32_t>(in.size() * out_rate_ / in_rate_ + 2);
    out.resize(before + made);
    speex_resampler_process_int(state_.get(), 0, in.data(), &taken, out.data() + before, &made);
    out.resize(before + made);
    in = in.subspan(taken);
  }
}

}  // namespace gv::audio
