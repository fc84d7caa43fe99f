// WebRTC audio processing 1.x, the one of Debian 13.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <api/scoped_refptr.h>
#include <modules/audio_processing/include/audio_processing.h>

#include "daemon/echo/canceller.hpp"
#include "daemon/util/log.hpp"

namespace gv::echo {
namespace {

using webrtc::AudioProcessing;
using Library = rtc::scoped_refptr<AudioProcessing>;

// It finds the delay itself; this is where it begins to look.
constexpr int delay_ms = 20;
constexpr int near_ms = 50;  // the walls' answers are later than the first sound

AudioProcessing::Config configuration(const Settings& settings) {
  AudioProcessing::Config config;
  config.high_pass_filter.enabled = settings.high_pass;
  config.echo_canceller.enabled = settings.echo;
  config.echo_canceller.mobile_mode = false;
  // Off means off: otherwise the canceller switches the high-pass on.
  config.echo_canceller.enforce_high_pass_filtering = false;
  config.noise_suppression.enabled = settings.noise_suppression;
  config.noise_suppression.level = AudioProcessing::Config::NoiseSuppression::kModerate;
  config.gain_controller1.enabled = settings.gain_control;
  config.gain_controller1.mode = AudioProcessing::Config::GainController1::kAdaptiveDigital;
  config.voice_detection.enabled = true;
  return config;
}

class WebrtcCanceller final : public Canceller {
 public:
  WebrtcCanceller(Library library, const Settings& settings)
      : library_(std::move(library)), settings_(settings) {
    library_->ApplyConfig(configuration(settings_));
  }

  void process(Frame near, ConstFrame far) override {
    check(library_->ProcessReverseStream(far.data(), stream_, stream_, far_out_.data()));
    check(library_->set_stream_delay_ms(delay_ms));
    check(library_->ProcessStream(near.data(), stream_, stream_, near.data()));
    // Each time, or they are those of an earlier frame.
    statistics_ = library_->GetStatistics();
  }
  // AEC3 finds out by itself which end speaks; there is nothing to set while it runs.
  void favour_near(bool) override {}
  bool voice() const override { return statistics_.voice_detected.value_or(false); }
  void reset() override {
    check(library_->Initialize());
    statistics_ = {};
  }
  // Measured in tests/echo: of a loudspeaker that is overdriven it leaves so much that one frame in
  // a hundred passes for words, and a hall's last answers nearly as they are.
  Residue residue() const override { return {.beyond_frames = 100, .room_frames = 50}; }
  bool finds(std::int64_t later_ns) const override {
    const int found_ms = statistics_.delay_ms.value_or(0);  // 0: not yet
    return found_ms != 0 && std::abs(found_ms - later_ns / 1'000'000) <= near_ms;
  }
  // By what it knows of another time it would not find the new one for some seconds, or take the
  // echo for words. The gain and what is known of the noise stay.
  void far_moved() override {
    AudioProcessing::Config without = configuration(settings_);
    without.echo_canceller.enabled = false;
    library_->ApplyConfig(without);
    library_->ApplyConfig(configuration(settings_));
    statistics_ = {};
  }
  unsigned refused() const override { return refused_; }

 private:
  void check(int result) {
    if (result == AudioProcessing::kNoError) return;
    if (refused_++ != 0) return;
    log::warning("audio", "the echo canceller refused a call: error " + std::to_string(result));
  }

  Library library_;
  Settings settings_;
  webrtc::AudioProcessingStats statistics_;  // of the frame cleaned last
  webrtc::StreamConfig stream_{static_cast<int>(rate), 1};
  std::array<std::int16_t, frame_samples> far_out_{};
  unsigned refused_ = 0;
};

}  // namespace

std::unique_ptr<Canceller> make_canceller(const Settings& settings) {
  Library library(webrtc::AudioProcessingBuilder().Create());
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
