#include "tests/e2e/support/pcm.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "tests/e2e/support/bed.hpp"
#include "tests/e2e/support/deadline.hpp"

namespace gv::e2e {

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::int64_t Timeline::time_of(std::int64_t frame) const {
  auto mark = std::ranges::lower_bound(marks_, frame, {}, &Mark::frame);
  if (mark == marks_.end()) --mark;
  return mark->ns + (frame - mark->frame) * 1'000'000'000LL / rate_;
}

std::int64_t Timeline::frame_at(std::int64_t ns) const {
  auto mark = std::ranges::lower_bound(marks_, ns, {}, &Mark::ns);
  if (mark == marks_.end()) --mark;
  return mark->frame + (ns - mark->ns) * rate_ / 1'000'000'000LL;
}

Pcm::Pcm(const std::string& device, snd_pcm_stream_t direction, unsigned rate, unsigned buffer_ms) {
  const int mode = virtual_time() && device.starts_with("pulse") ? SND_PCM_NONBLOCK : 0;
  // A loopback card whose two ends are opened at the same moment may refuse once (audio.md 1.2).
  int error = 0;
  const bool opened = wait_until(
      [&device, &error, this, mode, direction, rate, buffer_ms] {
        snd_pcm_t* pcm = nullptr;
        error = snd_pcm_open(&pcm, device.c_str(), direction, mode);
        if (error < 0) return false;
        pcm_.reset(pcm);
        snd_pcm_hw_params_t* hw = nullptr;
        snd_pcm_hw_params_alloca(&hw);
        snd_pcm_uframes_t period_frames = rate / 100;
        snd_pcm_uframes_t buffer_frames = static_cast<snd_pcm_uframes_t>(rate) * buffer_ms / 1000;
        error = snd_pcm_hw_params_any(pcm, hw);
        if (error >= 0) {
          error = snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
        }
        if (error >= 0) error = snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE);
        if (error >= 0) error = snd_pcm_hw_params_set_channels(pcm, hw, 1);
        if (error >= 0) error = snd_pcm_hw_params_set_rate(pcm, hw, rate, 0);
        if (error >= 0) {
          error = snd_pcm_hw_params_set_period_size_near(pcm, hw, &period_frames, nullptr);
        }
        if (error >= 0) {
          error = snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer_frames);
        }
        if (error >= 0) error = snd_pcm_hw_params(pcm, hw);
        if (error >= 0) error = snd_pcm_prepare(pcm);
        period_ = static_cast<unsigned>(period_frames);
        if (error < 0) pcm_.reset();
        return error >= 0;
      },
      milliseconds(2000));
  if (!opened) throw std::runtime_error(device + ": " + snd_strerror(error));
}

std::size_t Pcm::moved(long done) {
  if (done >= 0) return static_cast<std::size_t>(done);
  if (done == -EAGAIN) {
    std::this_thread::sleep_for(milliseconds(5));  // half a period
    return 0;
  }
  ++xruns_;
  const int result = snd_pcm_recover(pcm_.get(), static_cast<int>(done), 1);
  if (result < 0) throw std::runtime_error(std::string("test PCM: ") + snd_strerror(result));
  return 0;
}

void Pcm::write(std::span<const std::int16_t> samples) {
  while (!samples.empty())
    samples = samples.subspan(moved(snd_pcm_writei(pcm_.get(), samples.data(), samples.size())));
}

void Pcm::read(std::span<std::int16_t> samples) {
  while (!samples.empty())
    samples = samples.subspan(moved(snd_pcm_readi(pcm_.get(), samples.data(), samples.size())));
}

std::int64_t Pcm::delay() const {
  snd_pcm_sframes_t frames = 0;
  return snd_pcm_delay(pcm_.get(), &frames) < 0 ? 0 : frames;
}

}  // namespace gv::e2e
