#include "daemon/audio/playback_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {

void PlaybackStream::configure(const PlaybackSpec& spec) {
  prebuffer_ns_ = std::int64_t{spec.prebuffer_ms} * 1'000'000;
}

void PlaybackStream::close() {
  flush();
  std::vector<Played> played;
  if (playing_) {
    const std::uint64_t heard = heard_position();
    if (pcm_) pcm_->cut();
    tracker_.cut(heard, now_ns(), {}, played);
    end_run();
  }
  pcm_.reset();
  resampler_.reset();
  outage_ = Outage::none;
  deadline_ = never;
  report(played);
}

void PlaybackStream::flush() {
  if (!queue_.flush_pending()) return;
  const std::uint64_t heard = playing_ ? heard_position() : 0;
  if (pcm_ && playing_) {
    pcm_->cut();
    needs_prepare_ = true;  // slow on some plug-ins: not before there is something to play
  }
  const std::int64_t silent_ns = now_ns();
  std::vector<std::uint64_t> dropped;
  std::vector<Played> played;
  queue_.acknowledge_flush(dropped);
  tracker_.cut(heard, silent_ns, dropped, played);
  if (playing_) end_run();
  report(played);
}

std::optional<Failure> PlaybackStream::service(std::int64_t now, bool trouble) {
  if (!pcm_) {
    if (outage_ == Outage::dropping || (outage_ == Outage::waiting && now >= give_up_at_)) {
      drop(now);
    }
    return std::nullopt;
  }
  if (resuming_ && now < deadline_) return std::nullopt;
  poll_wanted_ = false;
  deadline_ = never;
  if (trouble && !playing_ && !resuming_) {
    idle_trouble(now);
  } else if (resuming_ || trouble) {
    revive(now, 0);
  }
  if (!lost_ && !resuming_ && !playing_ && !queue_empty()) begin_run(now);
  if (!lost_ && !resuming_ && playing_) fill(now);
  // A stopped card reports errors; preparing it is quick, unlike a server's stream.
  if (!lost_ && !resuming_ && !playing_ && !pcm_->server() &&
      std::exchange(needs_prepare_, false)) {
    if (const int error = pcm_->prepare(); error < 0) fail(explain(error));
  }
  return std::exchange(lost_, std::nullopt);
}

// A card that is pulled while nothing plays has to be let go of, or it comes back by another name.
bool PlaybackStream::watched() const {
  return watch_idle_ && !playing_ && !resuming_ && !needs_prepare_ && !pcm_->server();
}

void PlaybackStream::idle_trouble(std::int64_t now) {
  // Without a mapped status page the state is that of the last call.
  if (pcm_->available() == -ENODEV) return fail("it has gone");
  switch (pcm_->state()) {
    case AlsaPcm::State::gone:
      return fail("it has gone");
    case AlsaPcm::State::suspended:
      return revive(now, 0);
    case AlsaPcm::State::ready:
    case AlsaPcm::State::running:
    case AlsaPcm::State::xrun:
    case AlsaPcm::State::stopped:
      watch_idle_ = false;  // until it is used again
      return;
  }
}

bool PlaybackStream::queue_empty() const {
  return queue_.readable_frames() == 0 && !queue_.turn_end_queued();
}

std::uint64_t PlaybackStream::to_device(std::uint64_t frames) const {
  return frames * pcm_->info().rate / playback_rate;
}

std::int64_t PlaybackStream::duration_ns(std::uint64_t device_frames) const {
  return static_cast<std::int64_t>(device_frames * 1'000'000'000 / pcm_->info().rate);
}

std::uint64_t PlaybackStream::heard_position() {
  if (!pcm_) return base_;
  // Where the device does not know, what fills its buffer was not heard.
  const long filled =
      static_cast<long>(pcm_->info().buffer_frames) - std::max(pcm_->available(), 0L);
  const long delay = std::max(pcm_->delay().value_or(filled), 0L);
  const std::uint64_t held = std::min(static_cast<std::uint64_t>(delay), written_);
  return base_ + (written_ - held) * playback_rate / pcm_->info().rate;
}

void PlaybackStream::report(const std::vector<Played>& played) {
  for (const Played& one : played)
    context_.events.post(one);
}

void PlaybackStream::fail(const std::string& why) {
  lost_ = lost_device(Direction::playback, pcm_->info().device, why);
}

void PlaybackStream::revive(std::int64_t now, long error) {
  const bool suspended = std::exchange(resuming_, false);
  if (!suspended && (error == -EPIPE || pcm_->state() == AlsaPcm::State::xrun)) {
    ++context_.counters.playback_xruns;
  }
  // Writing into an empty buffer is no progress: a dead server takes that much, too.
  if (written_ > written_at_recovery_ + pcm_->info().buffer_frames) budget_.progress();
  written_at_recovery_ = written_;
  if (!suspended && !budget_.allow(now)) {
    fail("it fails again and again");
    return;
  }
  switch (recover(*pcm_, error)) {
    case Recovery::later:
      resuming_ = true;
      deadline_ = now + resume_retry_ns;
      break;
    case Recovery::lost:
      fail(error < 0 ? explain(static_cast<int>(error)) : "it has gone");
      break;
    case Recovery::done:
      break;
  }
}

}  // namespace gv::audio
