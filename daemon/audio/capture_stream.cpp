#include "daemon/audio/capture_stream.hpp"

#include <algorithm>
#include <cerrno>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {
namespace {

constexpr std::int64_t half_duplex_tail_ns = 250'000'000;
// A sound server whose card was pulled goes on without data and without an error.
constexpr std::int64_t silence_limit_ns = 2'000'000'000;

}  // namespace

const StreamInfo& CaptureStream::open(const CaptureSpec& spec) {
  AlsaPcm pcm = open_first(spec.devices, Direction::capture, spec.period_ms);
  const StreamInfo info = pcm.info();
  resampler_.emplace(info.rate, capture_rate);
  chunker_.emplace(spec.period_ms);
  budget_ = {};
  half_duplex_ = spec.half_duplex;
  raw_.resize(info.buffer_frames);
  resume_at_ = 0;
  if (const int error = pcm.start(); error < 0) {
    throw FailureError(lost_device(Direction::capture, info.device, explain(error)));
  }
  last_data_ns_ = now_ns();
  pcm_.emplace(std::move(pcm));
  return pcm_->info();
}

void CaptureStream::close() {
  pcm_.reset();
  resampler_.reset();
  chunker_.reset();
}

std::int64_t CaptureStream::deadline() const {
  if (!pcm_) return never;
  return resume_at_ != 0 ? resume_at_ : last_data_ns_ + silence_limit_ns;
}

std::optional<Failure> CaptureStream::service(std::int64_t now, bool trouble,
                                              std::int64_t audible_until) {
  if (resume_at_ != 0) {
    if (now < resume_at_) return std::nullopt;
    return revive(now, 0);
  }
  const Read read = read_all(audible_until);
  if (read.any) {
    last_data_ns_ = now;
    budget_.progress();
  }
  if (read.error < 0) return revive(now, read.error);
  if (trouble && !read.any) return revive(now, 0);
  if (now - last_data_ns_ >= silence_limit_ns) {
    return lost_device(Direction::capture, pcm_->info().device, "it delivered nothing for 2 s");
  }
  return std::nullopt;
}

CaptureStream::Read CaptureStream::read_all(std::int64_t audible_until) {
  Read result;
  for (;;) {
    const long available = pcm_->available();
    if (available < 0) {
      result.error = available;
      return result;
    }
    if (available == 0) return result;
    const std::int64_t now = now_ns();
    const long delay = std::max(pcm_->delay().value_or(available), available);
    const long got = pcm_->read(
        std::span(raw_).first(std::min(raw_.size(), static_cast<std::size_t>(available))));
    if (got == -EAGAIN || got == 0) return result;
    if (got < 0) {
      result.error = got;
      return result;
    }
    result.any = true;
    // The samples that are in the resampler come out with the next read.
    const long behind = delay - got + resampler_->latency();
    deliver(static_cast<std::size_t>(got), now - behind * 1'000'000'000 / pcm_->info().rate,
            audible_until);
  }
}

void CaptureStream::deliver(std::size_t frames, std::int64_t last_ns, std::int64_t audible_until) {
  const std::span<std::int16_t> fresh = std::span(raw_).first(frames);
  const std::int64_t first_ns =
      last_ns - static_cast<std::int64_t>(frames) * 1'000'000'000 / pcm_->info().rate;
  // Silence of the same length, so that the service's clock goes on.
  if (half_duplex_ && audible_until != 0 &&
      (audible_until == never || first_ns < audible_until + half_duplex_tail_ns)) {
    std::fill(fresh.begin(), fresh.end(), std::int16_t{0});
  }
  converted_.clear();
  resampler_->process(fresh, converted_);
  chunker_->push(converted_, last_ns);
  CaptureChunk chunk;
  while (chunker_->pop(chunk)) {
    context_.counters.capture_frames += chunk.frames;
    if (!context_.events.post_chunk(chunk)) context_.counters.capture_dropped += chunk.frames;
  }
}

std::optional<Failure> CaptureStream::revive(std::int64_t now, long error) {
  const std::string& device = pcm_->info().device;
  if (error == -EPIPE || pcm_->state() == AlsaPcm::State::xrun) ++context_.counters.capture_xruns;
  const bool suspended = resume_at_ != 0;
  if (!suspended && !budget_.allow(now)) {
    return lost_device(Direction::capture, device, "it fails again and again");
  }
  resume_at_ = 0;
  switch (recover(*pcm_, error)) {
    case Recovery::later:
      resume_at_ = now + resume_retry_ns;
      return std::nullopt;
    case Recovery::lost:
      return lost_device(Direction::capture, device,
                         error < 0 ? explain(static_cast<int>(error)) : "it has gone");
    case Recovery::done:
      break;
  }
  last_data_ns_ = now;
  resampler_->reset();
  if (const int failed = pcm_->start(); failed < 0) {
    return lost_device(Direction::capture, device, explain(failed));
  }
  return std::nullopt;
}

}  // namespace gv::audio
