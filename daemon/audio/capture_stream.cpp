#include "daemon/audio/capture_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {
namespace {

constexpr std::int64_t half_duplex_tail_ns = 250'000'000;
// Until a new stream's first data come, the pulse plug-in's descriptor is always ready.
constexpr std::int64_t false_alarm_ns = 2'000'000;

}  // namespace

void CaptureStream::configure(const CaptureSpec& spec) {
  half_duplex_ = spec.echo == EchoHandling::half_duplex;
  by_key_ = spec.by_key;
  period_ms_ = spec.period_ms;
}

void CaptureStream::attach(AlsaPcm pcm, std::int64_t now) {
  close();
  pcm_.emplace(std::move(pcm));
  device_ = pcm_->info().device;
  resampler_.emplace(pcm_->info().rate, capture_rate);
  chunker_.emplace(period_ms_);
  cleaner_.microphone(device_);
  budget_ = {};
  raw_.resize(pcm_->info().buffer_frames);
  converted_.reserve(capture_rate);  // a second, as the chunker
  resume_at_ = 0;
  resumes_ = 0;
  pause_until_ = 0;
  watchdog_.start(now);
}

std::optional<AlsaPcm> CaptureStream::detach() {
  std::optional<AlsaPcm> pcm = std::move(pcm_);
  pcm_.reset();
  close();
  return pcm;
}

void CaptureStream::close() {
  errand_.abandon();
  if (pcm_) release(std::move(*pcm_));
  pcm_.reset();
  resampler_.reset();
  chunker_.reset();
}

void CaptureStream::false_alarm(std::int64_t now) {
  pause_until_ = now + false_alarm_ns;
}

std::int64_t CaptureStream::deadline() const {
  if (away()) return watchdog_.next_look();
  if (!pcm_) return never;
  if (resume_at_ != 0) return resume_at_;
  return pause_until_ != 0 ? pause_until_ : watchdog_.next_look();
}

std::optional<Failure> CaptureStream::service(std::int64_t now, bool trouble,
                                              std::int64_t audible_until) {
  if (away()) return come_back(now);
  if (resume_at_ != 0) {
    if (now < resume_at_) return std::nullopt;
    return revive(now, 0);
  }
  pause_until_ = 0;
  const Read read = read_all(audible_until);
  if (read.any) {
    watchdog_.progress(now);
    budget_.progress();
    resumes_ = 0;
  }
  if (read.error < 0) return revive(now, read.error);
  if (trouble && !read.any) return revive(now, 0);
  if (watchdog_.expired(now)) {
    return lost_device(Direction::capture, device_, "it delivered nothing for some seconds");
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
    if (got == available) return result;  // of what came meanwhile, poll() tells
  }
}

void CaptureStream::deliver(std::size_t frames, std::int64_t last_ns, std::int64_t audible_until) {
  const std::span<std::int16_t> fresh = std::span(raw_).first(frames);
  const std::int64_t first_ns =
      last_ns - static_cast<std::int64_t>(frames) * 1'000'000'000 / pcm_->info().rate;
  // Silence of the same length, so that the service's clock goes on.
  if (half_duplex_ && !by_key_ && audible_until != 0 &&
      (audible_until == never || first_ns < audible_until + half_duplex_tail_ns +
                                                std::max<std::int64_t>(0, cleaner_.untold_ns()))) {
    std::fill(fresh.begin(), fresh.end(), std::int16_t{0});
  }
  converted_.clear();
  resampler_->process(fresh, converted_);
  last_ns = cleaner_.clean(converted_, last_ns);
  if (tap_ != nullptr) tap_->heard(converted_, last_ns, cleaner_.voice());
  chunker_->push(converted_, last_ns);
  CaptureChunk chunk;
  while (chunker_->pop(chunk)) {
    context_.counters.capture_frames += chunk.frames;
    if (!context_.events.post_chunk(chunk)) context_.counters.capture_dropped += chunk.frames;
  }
}

std::optional<Failure> CaptureStream::revive(std::int64_t now, long error) {
  if (error == -EPIPE || pcm_->state() == AlsaPcm::State::xrun) ++context_.counters.capture_xruns;
  const bool suspended = std::exchange(resume_at_, 0) != 0;
  if (!suspended && !budget_.allow(now)) {
    return lost_device(Direction::capture, device_, "it fails again and again");
  }
  const auto work = [error](AlsaPcm& pcm, const std::atomic<bool>& wanted) {
    Errand::Report report;
    report.recovery = recover(pcm, error);
    if (report.recovery == Recovery::done && wanted) report.result = pcm.start();
    return report;
  };
  if (!pcm_->server()) return revived(now, error, work(*pcm_, true));
  revive_error_ = error;
  watchdog_.start(now);
  AlsaPcm pcm = std::move(*pcm_);
  pcm_.reset();
  errand_.begin(std::move(pcm), work);
  return std::nullopt;
}

std::optional<Failure> CaptureStream::come_back(std::int64_t now) {
  std::optional<Errand::Outcome> outcome = errand_.take();
  if (outcome) {
    pcm_.emplace(std::move(outcome->pcm));
    return revived(now, revive_error_, outcome->report);
  }
  if (!watchdog_.expired(now)) return std::nullopt;
  return lost_device(Direction::capture, device_, no_answer);
}

std::optional<Failure> CaptureStream::revived(std::int64_t now, long error,
                                              const Errand::Report& report) {
  switch (report.recovery) {
    case Recovery::later:
      if (++resumes_ > most_resumes) {
        return lost_device(Direction::capture, device_, "it does not wake up");
      }
      resume_at_ = now + resume_retry_ns;
      return std::nullopt;
    case Recovery::lost:
      return lost_device(Direction::capture, device_,
                         error < 0 ? explain(static_cast<int>(error)) : "it has gone");
    case Recovery::done:
      break;
  }
  watchdog_.start(now);  // a new stream
  resampler_->reset();
  if (report.result < 0) {
    return lost_device(Direction::capture, device_, explain(static_cast<int>(report.result)));
  }
  return std::nullopt;
}

}  // namespace gv::audio
