// PlaybackStream between two devices.
#include <algorithm>
#include <array>

#include "daemon/audio/playback_stream.hpp"

namespace gv::audio {
namespace {

// What is older than this would be an answer to what was said long ago.
constexpr std::int64_t patience_ns = 5'000'000'000;

}  // namespace

void PlaybackStream::attach(AlsaPcm pcm) {
  if (pcm_ || away()) {
    unload();
    if (pcm_ && !pcm_->server()) pcm_->cut();
    let_go();
  }
  pcm_.emplace(std::move(pcm));
  info_ = pcm_->info();
  resampler_.emplace(playback_rate, info_.rate);
  budget_ = {};
  needs_prepare_ = false;
  watch_idle_ = true;
  outage_ = Outage::none;
  if (playing_) reload();
}

std::optional<AlsaPcm> PlaybackStream::detach(std::int64_t now) {
  unload();
  std::optional<AlsaPcm> pcm = std::move(pcm_);
  pcm_.reset();
  let_go();
  lost_.reset();
  audible_until_ = now;  // the microphone of a half-duplex conversation is not gated any longer
  outage_ = Outage::waiting;
  give_up_at_ = now + patience_ns;
  deadline_ = give_up_at_;
  return pcm;
}

void PlaybackStream::unload() {
  full_ = false;
  resuming_ = false;
  resumes_ = 0;
  deadline_ = never;
  if (playing_) base_ = heard_position();
  if (playing_ && tap_ != nullptr) tap_->cut(now_ns());
  written_ = 0;
  written_at_recovery_ = 0;
  staged_.clear();
  staged_offset_ = 0;
}

void PlaybackStream::reload() {
  finishing_ = false;
  watchdog_.start(now_ns());
  const std::uint64_t unheard = std::min<std::uint64_t>(tracker_.written() - base_, recent_.size());
  base_ = tracker_.written() - unheard;
  stage_again(base_);
}

void PlaybackStream::drop(std::int64_t now) {
  outage_ = Outage::dropping;
  deadline_ = never;
  tracker_.lose(base_);
  base_ = tracker_.written();
  earcons_.clear();
  recent_.clear();
  starts_.clear();
  std::array<std::int16_t, PlayoutBlock::capacity> samples;
  while (const PlayoutQueue::Read got = read(samples)) {
    if (got.frames > 0) tracker_.drop_audio(got.turn);
    if (got.end_of_turn) tracker_.end_turn(got.turn);
  }
  std::vector<Played> played;
  tracker_.advance(tracker_.written(), played);
  report(played);
  // The end of a turn that is open comes yet, and has to be reported.
  playing_ = tracker_.turn_open();
  if (!playing_) {
    end_run();
    return;
  }
  jitter_.begin(now);
}

}  // namespace gv::audio
