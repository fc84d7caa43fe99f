// PlaybackStream while there is something to play.
#include <algorithm>
#include <array>
#include <cerrno>

#include "daemon/audio/alsa_error.hpp"
#include "daemon/audio/playback_stream.hpp"

namespace gv::audio {
namespace {

constexpr std::size_t recent_limit = playback_rate;
constexpr std::int64_t least_wait_ns = 1'000'000;

}  // namespace

void PlaybackStream::begin_run(std::int64_t now) {
  // Ends of turns without audio start nothing.
  while (queue_.readable_frames() == 0 && queue_.read({})) {
  }
  bare_ = queue_.readable_frames() == 0;
  if (bare_ && !earcons_.waiting()) return;
  if (std::exchange(needs_prepare_, false)) {
    if (const int error = pcm_->prepare(); error < 0) {
      fail(explain(error));
      return;
    }
  }
  // As much as there may be in them: while it plays, no memory is taken.
  recent_.reserve(2 * recent_limit + PlayoutBlock::capacity);
  staged_.reserve(std::size_t{2} * info_.buffer_frames);
  shaped_.reserve(PlayoutBlock::capacity);
  silence_.reserve(PlayoutBlock::capacity);
  playing_ = true;
  watch_idle_ = true;
  watchdog_.start(now);
  if (!bare_) jitter_.begin(now);
}

void PlaybackStream::end_run() {
  playing_ = false;
  finishing_ = false;
  gap_ = false;
  jitter_.rest();
  backlog_.clear();
  gain_.reset();
  earcons_.reset();
  reflex_ = Reflex::none;
  sound_until_ = 0;
  full_ = false;
  resuming_ = false;
  deadline_ = never;
  base_ = 0;
  written_ = 0;
  written_at_recovery_ = 0;
  staged_.clear();
  staged_offset_ = 0;
  skip_ = 0;
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
    tracker_.advance(heard_position(), played, now);
    report(played);
  }
  bool looked = false;
  while (pcm_ && !lost_ && !resuming_) {
    if (staged_offset_ == staged_.size() && finishing_) {
      if (nothing_to_play()) {
        finish(now);
        return;
      }
      finishing_ = false;  // another turn joins this one, or an earcon
    }
    if (!std::exchange(looked, true) && !look_for_room(now)) continue;
    // Small rests are left for the next wake-up, which comes when a period is free.
    if (room_ < static_cast<long>(info_.period_frames)) {
      await_room(now);
      return;
    }
    if (staged_offset_ == staged_.size()) {
      earcons_.place(tracker_.written());
      stage(room_, now);
      if (staged_.empty() && !starving(room_, now)) return;
    }
    if (!write_staged(now)) return;
  }
}

// False: it had to be revived.
bool PlaybackStream::look_for_room(std::int64_t now) {
  const long available = pcm_->available();
  room_ = std::max(available, 0L);
  if (available < 0) revive(now, available);
  return available >= 0;
}

void PlaybackStream::await_room(std::int64_t now) {
  if (watchdog_.expired(now)) {
    fail("it took nothing for some seconds");
    return;
  }
  full_ = true;
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
  // It takes more than there was room for at the last look where it has played on.
  if (put > 0) room_ = std::max(room_ - put, 0L);
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
  const std::uint64_t before = base_ + written_ * playback_rate / info_.rate;
  written_ += static_cast<std::uint64_t>(put);
  // Only a device that plays takes more than its buffer holds.
  if (written_ > info_.buffer_frames) {
    watchdog_.progress(now);
  } else {
    watchdog_.start(now);
  }
  const std::uint64_t position = base_ + written_ * playback_rate / info_.rate;
  while (!starts_.empty() && starts_.front().position < position) {
    const auto& start = starts_.front();
    const std::int64_t ahead_ns = duration_ns(static_cast<std::uint64_t>(held_frames(room_))) -
                                  duration_ns(to_device(position - start.position));
    context_.events.post(PlayStartedEvent{start.turn, start.received_ns, now, now + ahead_ns});
    starts_.pop_front();
  }
  // The device's own latency is not more than another buffer of its.
  if (before < tracker_.audio_end()) sound_until_ = now + 2 * duration_ns(info_.buffer_frames);
  if (tap_ != nullptr) tell_tap(before, position, put, now);
  return true;
}

void PlaybackStream::tell_tap(std::uint64_t from, std::uint64_t to, long put, std::int64_t now) {
  const std::uint64_t oldest = tracker_.written() - recent_.size();
  if (from < oldest || to > tracker_.written() || to <= from) return;
  const auto first = recent_.begin() + static_cast<std::ptrdiff_t>(from - oldest);
  shaped_.assign(first, first + static_cast<std::ptrdiff_t>(to - from));
  shape(from, shaped_);
  const long ahead = held_frames(room_) - put;
  tap_->wrote(shaped_, now + ahead * 1'000'000'000 / static_cast<std::int64_t>(info_.rate));
}

bool PlaybackStream::may_read(std::int64_t now) {
  if (reflex_ == Reflex::held) return false;
  if (!jitter_.waiting()) return true;
  const std::uint64_t frames = backlog_.frames() + queue_.readable_frames();
  const bool end_queued = backlog_.turn_end_queued() || queue_.turn_end_queued();
  if (jitter_.may_read(frames, end_queued, now)) return true;
  if (jitter_.next_look() != 0) wake_at(jitter_.next_look());
  return false;
}

PlayoutQueue::Read PlaybackStream::read(std::span<std::int16_t> out) {
  if (backlog_.empty() || queue_.flush_pending()) return queue_.read(out);
  return backlog_.read(out);
}

void PlaybackStream::stage(long space, std::int64_t now) {
  staged_.clear();
  staged_offset_ = 0;
  if (bare_ && !queue_empty()) {
    bare_ = false;
    jitter_.begin(now);
  }
  if (!may_read(now)) return;
  std::array<std::int16_t, PlayoutBlock::capacity> samples;
  std::uint64_t wanted = static_cast<std::uint64_t>(space) * playback_rate / info_.rate + 1;
  while (wanted > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, samples.size()));
    const PlayoutQueue::Read got = read(std::span(samples).first(most));
    if (!got) break;
    if (got.first_of_turn) {
      starts_.push_back({got.turn, got.received_ns, tracker_.written()});
    }
    if (got.frames > 0) {
      if (std::exchange(gap_, false)) {
        gain_.ramp_from(0, tracker_.written(), level(), fade_frames);
      }
      tracker_.add_audio(got.turn, got.frames);
      context_.counters.playback_frames += got.frames;
      convert(std::span<const std::int16_t>(samples).first(got.frames));
      wanted -= got.frames;
    }
    if (got.end_of_turn) {
      tracker_.end_turn(got.turn);
      jitter_.turn_ended();
    }
  }
  if (tracker_.turn_open() || jitter_.waiting() || !queue_empty()) return;
  if (earcons_.end() > tracker_.written()) {
    stage_silence(static_cast<unsigned>(std::min(wanted, earcons_.end() - tracker_.written())));
  } else {
    // The filter's rest, a whole period so that the device starts or goes on, and one more for the
    // case that we are woken late.
    const unsigned period = info_.period_frames * playback_rate / info_.rate + 1;
    stage_silence(resampler_->latency() + period * (pcm_->server() ? 3 : 2));
    finishing_ = true;
    finish_by_ = now_ns() + duration_ns(info_.buffer_frames) + 2'000'000'000;
  }
}

// fade: what it begins with.
void PlaybackStream::stage_silence(unsigned frames, std::span<const std::int16_t> fade) {
  silence_.assign(frames, 0);
  std::copy_n(fade.begin(), std::min<std::size_t>(fade.size(), frames), silence_.begin());
  tracker_.add_silence(frames);
  convert(silence_);
}

// The samples are the last of what the tracker knows.
void PlaybackStream::convert(std::span<const std::int16_t> samples) {
  shaped_.assign(samples.begin(), samples.end());
  shape(tracker_.written() - samples.size(), shaped_);
  const std::size_t before = staged_.size();
  resampler_->process(shaped_, staged_);
  if (skip_ > 0) {
    const std::uint64_t known = std::min<std::uint64_t>(skip_, staged_.size() - before);
    const auto first = staged_.begin() + static_cast<std::ptrdiff_t>(before);
    staged_.erase(first, first + static_cast<std::ptrdiff_t>(known));
    skip_ -= known;
  }
  recent_.insert(recent_.end(), samples.begin(), samples.end());
  if (recent_.size() > 2 * recent_limit) {
    recent_.erase(recent_.begin(), recent_.end() - static_cast<std::ptrdiff_t>(recent_limit));
  }
}

// How it is heard.
void PlaybackStream::shape(std::uint64_t position, std::span<std::int16_t> samples) const {
  gain_.apply(position, samples);
  earcons_.apply(position, samples);
}

std::uint64_t PlaybackStream::sound_end() const {
  return std::max(tracker_.audio_end(), earcons_.end());
}

// The queue is empty within a turn, or what is in it waits. True: silence was staged, because the
// device would run dry.
bool PlaybackStream::starving(long space, std::int64_t now) {
  // Still waiting for the prebuffer; an earcon does not.
  if (written_ == 0 && earcons_.end() <= tracker_.written()) return false;
  const StreamInfo& info = info_;
  const long filled = static_cast<long>(info.buffer_frames) - space;
  const long reserve = static_cast<long>(info.period_frames);
  if (filled > reserve) {
    // Servers take whole periods at a time: half the way, then look again.
    const std::int64_t left = duration_ns(static_cast<std::uint64_t>(filled - reserve));
    wake_at(now + std::max(left / 2, least_wait_ns));
    return false;
  }
  std::array<std::int16_t, fade_frames> fade{};
  if (!std::exchange(gap_, true)) fade_away(recent_, fade);
  stage_silence(info.period_frames * playback_rate / info.rate, fade);
  if (reflex_ != Reflex::held) jitter_.starve(now);
  return true;
}

// Everything is written. Waits until it was heard, then stops the device.
void PlaybackStream::finish(std::int64_t now) {
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
  tracker_.advance(heard, played, now);
  report(played);
  // A server's delay is right to about a period.
  const std::uint64_t margin =
      pcm_->server() ? std::uint64_t{info_.period_frames} * playback_rate / info_.rate : 0;
  const std::uint64_t target = tracker_.end_awaited() ? tracker_.audio_end() : sound_end() + margin;
  if (over || heard >= sound_end() + margin) {
    end_run();
    stop_device(now);
    if (tap_ != nullptr) tap_->cut(now);  // of silence: the next run does not wait for it
    return;
  }
  const std::uint64_t left = to_device(target > heard ? target - heard : 0);
  wake_at(now + std::max(duration_ns(left), least_wait_ns));
}

}  // namespace gv::audio
