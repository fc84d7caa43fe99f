#include "daemon/audio/playback_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {

void PlaybackStream::configure(const PlaybackSpec& spec) {
  jitter_.configure(spec.prebuffer_ms, spec.adapt);
}

void PlaybackStream::close() {
  flush();
  earcons_.clear();
  std::vector<Played> played;
  if (playing_) {
    const std::uint64_t heard = heard_position();
    std::int64_t silent_ns = 0;
    if (pcm_ && !pcm_->server()) {
      pcm_->cut();
      silent_ns = now_ns();
    }
    if (tap_ != nullptr) tap_->cut(now_ns());
    std::vector<std::uint64_t> dropped;
    backlog_.drop(dropped);
    tracker_.cut(heard, silent_ns, dropped, played);
    end_run();
  }
  let_go();
  resampler_.reset();
  outage_ = Outage::none;
  deadline_ = never;
  report(played);
}

void PlaybackStream::flush() {
  if (!queue_.flush_pending()) return;
  const std::int64_t now = now_ns();
  const std::uint64_t heard = playing_ ? heard_position() : 0;
  if (playing_ && away()) cut_wanted_ = true;
  if (playing_ && pcm_) stop_device(now);
  // With a server, what is cut is reported when it is silent, which it is not before now.
  const bool later = away();
  const std::int64_t silent_ns = later ? now : pcm_ ? now_ns() : 0;
  std::vector<std::uint64_t> dropped;
  std::vector<Played> played;
  if (playing_ && tap_ != nullptr) tap_->cut(later ? now : now_ns());
  backlog_.drop(dropped);
  queue_.acknowledge_flush(dropped);
  tracker_.cut(heard, silent_ns, dropped, played);
  earcons_.keep_rest(heard);
  if (playing_) end_run();
  if (later) {
    cut_.insert(cut_.end(), played.begin(), played.end());
  } else {
    report(played);
  }
}

// Without a device now it would be heard when nobody knows what for.
void PlaybackStream::ring(Earcon which) {
  if (pcm_ || away()) earcons_.ring(which);
}

std::optional<Failure> PlaybackStream::service(std::int64_t now, bool trouble) {
  if (away()) {
    come_back(now);
    if (away() || lost_) return std::exchange(lost_, std::nullopt);
  }
  if (!pcm_) {
    if (outage_ == Outage::dropping || (outage_ == Outage::waiting && now >= give_up_at_)) {
      drop(now);
    }
    return std::nullopt;
  }
  if (resuming_ && now < deadline_) return std::nullopt;
  full_ = false;
  deadline_ = never;
  if (trouble && !playing_ && !resuming_) {
    idle_trouble(now);
  } else if (resuming_ || trouble) {
    revive(now, 0);
  }
  if (reflex_ != Reflex::none && now >= reflex_until_) end_reflex();
  const auto usable = [this] { return pcm_ && !lost_ && !resuming_; };
  if (usable() && !playing_ && !nothing_to_play()) begin_run(now);
  if (usable() && playing_) fill(now);
  // A stopped card reports errors.
  if (usable() && !playing_ && std::exchange(needs_prepare_, false)) {
    if (const int error = pcm_->prepare(); error < 0) fail(explain(error));
  }
  if (reflex_ != Reflex::none) wake_at(reflex_until_);
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
  return backlog_.empty() && queue_.readable_frames() == 0 && !queue_.turn_end_queued();
}

std::uint64_t PlaybackStream::to_device(std::uint64_t frames) const {
  return frames * info_.rate / playback_rate;
}

std::int64_t PlaybackStream::duration_ns(std::uint64_t device_frames) const {
  return static_cast<std::int64_t>(device_frames * 1'000'000'000 / info_.rate);
}

long PlaybackStream::held_frames(long room) {
  // Where the device does not know, what fills its buffer was not heard.
  const long filled = static_cast<long>(info_.buffer_frames) - std::max(room, 0L);
  // Nor is a server asked that has taken nothing yet.
  const bool asked = !pcm_->server() || std::cmp_less(filled, written_);
  return std::max((asked ? pcm_->delay() : std::nullopt).value_or(filled), 0L);
}

std::uint64_t PlaybackStream::heard_position() {
  if (away()) return away_position_;
  if (!pcm_) return base_;
  const std::uint64_t held = std::min(static_cast<std::uint64_t>(held_frames()), written_);
  return base_ + (written_ - held) * playback_rate / info_.rate;
}

void PlaybackStream::report(const std::vector<Played>& played) {
  for (const Played& one : played)
    context_.events.post(one);
}

void PlaybackStream::fail(const std::string& why) {
  lost_ = lost_device(Direction::playback, info_.device, why);
}

}  // namespace gv::audio
