#include "tests/e2e/support/speaker.hpp"

#include <algorithm>
#include <cstdlib>

namespace gv::e2e {
namespace {

constexpr int quiet_threshold = 50;  // a resampler may ring a little after the end

}  // namespace

SpeakerRecorder::SpeakerRecorder(const Bed& bed, unsigned rate)
    : SpeakerRecorder(bed.listening_device(), rate) {}

SpeakerRecorder::SpeakerRecorder(const std::string& listening_device, unsigned rate)
    : rate_(rate), timeline_(rate) {
  // The buffer is large: it costs no latency and rides out a busy machine.
  auto pcm = std::make_unique<Pcm>(listening_device, SND_PCM_STREAM_CAPTURE, rate, 1000);
  thread_ = std::thread([this, owned = std::move(pcm)] { record(*owned); });
  require("the speaker is being recorded", [this] { return size() > 0; });
}

SpeakerRecorder::~SpeakerRecorder() {
  ending_ = true;
  thread_.join();
}

void SpeakerRecorder::record(Pcm& pcm) {
  std::vector<std::int16_t> block(pcm.period());
  while (!ending_) {
    pcm.read(block);
    const std::int64_t delay = pcm.delay();
    const std::int64_t now = now_ns();
    const std::lock_guard lock(mutex_);
    samples_.insert(samples_.end(), block.begin(), block.end());
    for (std::size_t i = block.size(); i > 0; --i) {
      if (std::abs(block[i - 1]) > quiet_threshold) {
        last_sound_ = samples_.size() - block.size() + i;
        break;
      }
    }
    timeline_.add(static_cast<std::int64_t>(samples_.size()),
                  now - delay * 1'000'000'000LL / rate_);
    xruns_ = pcm.xruns();
  }
}

std::size_t SpeakerRecorder::size() const {
  const std::lock_guard lock(mutex_);
  return samples_.size();
}

std::vector<std::int16_t> SpeakerRecorder::samples() const {
  const std::lock_guard lock(mutex_);
  return samples_;
}

std::vector<std::int16_t> SpeakerRecorder::samples(std::size_t from, std::size_t to) const {
  const std::lock_guard lock(mutex_);
  to = std::min(to, samples_.size());
  from = std::min(from, to);
  return {samples_.begin() + static_cast<std::ptrdiff_t>(from),
          samples_.begin() + static_cast<std::ptrdiff_t>(to)};
}

std::int64_t SpeakerRecorder::time_of(std::size_t frame) const {
  const std::lock_guard lock(mutex_);
  return timeline_.time_of(static_cast<std::int64_t>(frame));
}

std::int64_t SpeakerRecorder::frame_at(std::int64_t ns) const {
  const std::lock_guard lock(mutex_);
  return timeline_.frame_at(ns);
}

std::size_t SpeakerRecorder::wait_for_sound(std::size_t from, int threshold,
                                            std::chrono::milliseconds limit) const {
  std::size_t at = from;
  require(
      "sound at the speaker",
      [this, &at, threshold] {
        const std::lock_guard lock(mutex_);
        while (at < samples_.size() && std::abs(samples_[at]) <= threshold)
          ++at;
        return at < samples_.size();
      },
      limit);
  return at;
}

std::size_t SpeakerRecorder::wait_for_quiet(std::chrono::milliseconds quiet,
                                            std::chrono::milliseconds limit) const {
  const auto frames = static_cast<std::size_t>(quiet.count()) * rate_ / 1000;
  std::size_t end = 0;
  require(
      "quiet at the speaker",
      [this, &end, frames] {
        const std::lock_guard lock(mutex_);
        end = samples_.size();
        return end >= last_sound_ + frames;
      },
      limit);
  return end;
}

void SpeakerRecorder::catch_up() const {
  const std::int64_t now = now_ns();
  require("the recording catches up", [this, now] { return time_of(size()) >= now; });
}

}  // namespace gv::e2e
