// PlaybackStream while there is something to play.
#include <algorithm>
#include <array>
#include <cerrno>

#include "daemon/audio/alsa_error.hpp"
#include "daemon/audio/playback_stream.hpp"

namespace gv::audio {
namespace {

constexpr std::size_t recent_limit = playback_rate;

}  // namespace

void PlaybackStream::begin_run(std::int64_t now) {
  // Ends of turns without audio start nothing.
  while (queue_.readable_frames() == 0 && queue_.read({})) {
  }
  if (queue_.readable_frames() == 0) return;
  if (std::exchange(needs_prepare_, false)) {
    if (const int error = pcm_->prepare(); error < 0) {
      fail(explain(error));
      return;
    }
  }
  playing_ = true;
  watch_idle_ = true;
  watchdog_.start(now);
  holding_ = prebuffer_ns_ > 0;
  hold_since_ = now;
}

void PlaybackStream::end_run() {
  playing_ = false;
  finishing_ = false;
  holding_ = false;
  poll_wanted_ = false;
  resuming_ = false;
  deadline_ = never;
  base_ = 0;
  written_ = 0;
  written_at_recovery_ = 0;
  staged_.clear();
  staged_offset_ = 0;
  recent_.clear();
  starts_.clear();
  tracker_.reset();
  if (!pcm_ && !away()) return;
  resampler_->reset();
  audible_until_ = now_ns();
}

void PlaybackStream::fill(std::int64_t now) {
  if (tracker_.end_awaited() && !finishing_) {
    std::vector<Played> played;
    tracker_.advance(heard_position(), played);
    report(played);
  }
  while (pcm_ && !lost_ && !resuming_) {
    if (staged_offset_ == staged_.size() && finishing_) {
      if (queue_empty()) {
        finish(now);
        return;
      }
      finishing_ = false;  // another turn joins this one
    }
    const long space = pcm_->available();
    if (space < 0) {
      revive(now, space);
      continue;
    }
    // Small rests are left for the next wake-up, which comes when a period is free.
    if (space < static_cast<long>(info_.period_frames)) {
      await_room(now);
      return;
    }
    if (staged_offset_ == staged_.size()) {
      stage(space, now);
      if (staged_.empty() && !starving(space, now)) return;
    }
    if (!write_staged(now)) return;
  }
}

void PlaybackStream::await_room(std::int64_t now) {
  if (watchdog_.expired(now)) {
    fail("it took nothing for some seconds");
    return;
  }
  poll_wanted_ = true;
  wake_at(watchdog_.next_look());
}

bool PlaybackStream::write_staged(std::int64_t now) {
  const auto rest = std::span<const std::int16_t>(staged_).subspan(staged_offset_);
  // What is written first starts it.
  if (pcm_->server() && pcm_->state() == AlsaPcm::State::ready) {
    const std::vector<std::int16_t> first(rest.begin(), rest.end());
    send_away(Away::writing, now, [first](AlsaPcm& pcm, const std::atomic<bool>& /*wanted*/) {
      const long put = pcm.write(first);
      return Errand::Report{.recovery = Recovery::done, .result = put, .when = now_ns()};
    });
    return false;
  }
  const long put = pcm_->write(rest);
  return wrote(put, now_ns());
}

// False: not more for now.
bool PlaybackStream::wrote(long put, std::int64_t now) {
  if (put == -EAGAIN || put == 0) {
    await_room(now);
    return false;
  }
  if (put < 0) {
    revive(now, put);
    return true;
  }
  staged_offset_ += static_cast<std::size_t>(put);
  written_ += static_cast<std::uint64_t>(put);
  // Only a device that plays takes more than its buffer holds.
  if (written_ > info_.buffer_frames) {
    watchdog_.progress(now);
  } else {
    watchdog_.start(now);
  }
  const std::uint64_t position = base_ + written_ * playback_rate / info_.rate;
  while (!starts_.empty() && starts_.front().position < position) {
    context_.events.post(PlayStartedEvent{starts_.front().turn, starts_.front().received_ns, now});
    starts_.pop_front();
  }
  return true;
}

// Whether samples may be taken from the queue: not before the prebuffer is there, or all of the
// turn, or as much as came within the prebuffer's own time.
bool PlaybackStream::may_read(std::int64_t now) {
  if (!holding_) return true;
  if (queue_empty()) return false;
  if (hold_since_ == 0) hold_since_ = now;
  const auto wanted = static_cast<std::uint64_t>(prebuffer_ns_ / 1000 * playback_rate / 1'000'000);
  if (queue_.readable_frames() >= wanted || queue_.turn_end_queued() ||
      now - hold_since_ >= prebuffer_ns_) {
    holding_ = false;
    return true;
  }
  wake_at(hold_since_ + prebuffer_ns_);
  return false;
}

void PlaybackStream::stage(long space, std::int64_t now) {
  staged_.clear();
  staged_offset_ = 0;
  if (!may_read(now)) return;
  std::array<std::int16_t, PlayoutBlock::capacity> samples;
  std::uint64_t wanted = static_cast<std::uint64_t>(space) * playback_rate / info_.rate + 1;
  while (wanted > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, samples.size()));
    const PlayoutQueue::Read got = queue_.read(std::span(samples).first(most));
    if (!got) break;
    if (got.first_of_turn) {
      starts_.push_back({got.turn, got.received_ns, tracker_.written()});
    }
    if (got.frames > 0) {
      tracker_.add_audio(got.turn, got.frames);
      context_.counters.playback_frames += got.frames;
      convert(std::span<const std::int16_t>(samples).first(got.frames));
      wanted -= got.frames;
    }
    if (got.end_of_turn) tracker_.end_turn(got.turn);
  }
  if (!tracker_.turn_open() && !holding_ && queue_empty()) {
    // The filter's rest, a whole period so that the device starts or goes on, and one more for the
    // case that we are woken late.
    const unsigned period = info_.period_frames * playback_rate / info_.rate + 1;
    stage_silence(resampler_->latency() + period * (pcm_->server() ? 3 : 2));
    finishing_ = true;
    finish_by_ = now_ns() + duration_ns(info_.buffer_frames) + 2'000'000'000;
  }
}

void PlaybackStream::stage_silence(unsigned frames) {
  const std::vector<std::int16_t> silence(frames);
  tracker_.add_silence(frames);
  convert(silence);
}

void PlaybackStream::convert(std::span<const std::int16_t> samples) {
  resampler_->process(samples, staged_);
  recent_.insert(recent_.end(), samples.begin(), samples.end());
  if (recent_.size() > 2 * recent_limit) {
    recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(recent_limit));
  }
}

// The queue is empty within a turn. True: silence was staged, because the device would run dry.
bool PlaybackStream::starving(long space, std::int64_t now) {
  if (written_ == 0) return false;  // still waiting for the prebuffer
  const StreamInfo& info = info_;
  const long filled = static_cast<long>(info.buffer_frames) - space;
  const long reserve = static_cast<long>(info.period_frames);
  if (filled > reserve) {
    // Servers take whole periods at a time: half the way, then look again.
    constexpr std::int64_t least_ns = 1'000'000;
    const std::int64_t left = duration_ns(static_cast<std::uint64_t>(filled - reserve));
    wake_at(now + std::max(left / 2, least_ns));
    return false;
  }
  stage_silence(info.period_frames * playback_rate / info.rate);
  if (!holding_) {
    holding_ = prebuffer_ns_ > 0;
    hold_since_ = 0;
  }
  return true;
}

// Everything is written. Waits until it was heard, then stops the device.
void PlaybackStream::finish(std::int64_t now) {
  constexpr std::int64_t least_ns = 1'000'000;
  AlsaPcm::State state = pcm_->state();
  if (state == AlsaPcm::State::ready) {  // a start threshold that was not met
    if (pcm_->server()) {
      send_away(Away::starting, now, [](AlsaPcm& pcm, const std::atomic<bool>& /*wanted*/) {
        const long started = pcm.start();
        return Errand::Report{.recovery = Recovery::done, .result = started, .when = now_ns()};
      });
      return;
    }
    pcm_->start();
    state = pcm_->state();
  }
  const bool over = state != AlsaPcm::State::running || now >= finish_by_;
  const std::uint64_t heard = over ? tracker_.written() : heard_position();
  std::vector<Played> played;
  tracker_.advance(heard, played);
  report(played);
  // A server's delay is right to about a period.
  const std::uint64_t margin =
      pcm_->server() ? std::uint64_t{info_.period_frames} * playback_rate / info_.rate : 0;
  const std::uint64_t target = tracker_.audio_end() + (tracker_.end_awaited() ? 0 : margin);
  if (over || heard >= tracker_.audio_end() + margin) {
    end_run();
    stop_device(now);
    return;
  }
  const std::uint64_t left = to_device(target > heard ? target - heard : 0);
  wake_at(now + std::max(duration_ns(left), least_ns));
}

}  // namespace gv::audio
