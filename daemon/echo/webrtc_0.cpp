// WebRTC audio processing 0.3, the one of Debian 12.
#include <algorithm>
#include <string>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

#include "daemon/echo/canceller.hpp"
#include "daemon/util/log.hpp"

namespace gv::echo {
namespace {

using webrtc::AudioFrame;
using webrtc::AudioProcessing;
using webrtc::EchoCancellation;

// What the reference is ahead of the echo at least; the library takes less than 20 for 20.
constexpr int delay_ms = 20;

class WebrtcCanceller final : public Canceller {
 public:
  WebrtcCanceller(std::unique_ptr<AudioProcessing> library, const Settings& settings)
      : library_(std::move(library)) {
    prepare(near_);
    prepare(far_);
    check(library_->high_pass_filter()->Enable(settings.high_pass));
    auto* echo = library_->echo_cancellation();
    check(echo->enable_drift_compensation(false));
    check(echo->set_suppression_level(EchoCancellation::kHighSuppression));
    check(echo->Enable(settings.echo));
    check(library_->noise_suppression()->set_level(webrtc::NoiseSuppression::kModerate));
    check(library_->noise_suppression()->Enable(settings.noise_suppression));
    check(library_->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital));
    check(library_->gain_control()->Enable(settings.gain_control));
    check(library_->voice_detection()->set_likelihood(webrtc::VoiceDetection::kLowLikelihood));
    check(library_->voice_detection()->set_frame_size_ms(10));
    check(library_->voice_detection()->Enable(true));
  }

  void process(Frame near, ConstFrame far) override {
    std::copy(far.begin(), far.end(), far_.data_);
    check(library_->AnalyzeReverseStream(&far_));
    check(library_->set_stream_delay_ms(delay_ms));  // wanted anew for each frame
    std::copy(near.begin(), near.end(), near_.data_);
    check(library_->ProcessStream(&near_));
    std::copy_n(near_.data_, frame_samples, near.begin());
  }
  void favour_near(bool favour) override {
    if (favour == favours_near_) return;
    favours_near_ = favour;
    check(library_->echo_cancellation()->set_suppression_level(
        favour ? EchoCancellation::kLowSuppression : EchoCancellation::kHighSuppression));
  }
  bool voice() const override { return library_->voice_detection()->stream_has_voice(); }
  void reset() override { check(library_->Initialize()); }
  Residue residue() const override { return {}; }
  bool finds(std::int64_t) const override { return false; }
  // Its filter follows, and takes 10 dB more in the seconds after than if it learnt from nothing.
  void far_moved() override {}
  unsigned refused() const override { return refused_; }

 private:
  static void prepare(AudioFrame& frame) {
    frame.sample_rate_hz_ = rate;
    frame.samples_per_channel_ = frame_samples;
    frame.num_channels_ = 1;
  }
  void check(int result) {
    if (result == AudioProcessing::kNoError) return;
    if (refused_++ != 0) return;
    log::warning("audio", "the echo canceller refused a call: error " + std::to_string(result));
  }

  std::unique_ptr<AudioProcessing> library_;
  AudioFrame near_;
  AudioFrame far_;
  bool favours_near_ = false;
  unsigned refused_ = 0;
};

}  // namespace

std::unique_ptr<Canceller> make_canceller(const Settings& settings) {
  webrtc::Config config;
  config.Set(new webrtc::ExtendedFilter(true));
  config.Set(new webrtc::DelayAgnostic(false));
  std::unique_ptr<AudioProcessing> library(AudioProcessing::Create(config));
  if (!library) {
    log::error("audio", "the echo canceller does not start");
    return nullptr;
  }
  return std::make_unique<WebrtcCanceller>(std::move(library), settings);
}

bool cancellation_built_in() {
  return true;
}

}  // namespace gv::echo
