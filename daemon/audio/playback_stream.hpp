// The speaker: keeps an open PCM filled from the playout queue. Audio thread only.
//
// idle: nothing to play, the device is stopped and not polled. A turn's audio starts a run: the
// device plays one gapless stream of answers and, where the network is too slow, silence, until no
// turn is open and the last sample was heard; then it is idle again.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/playout_queue.hpp"
#include "daemon/audio/recovery.hpp"
#include "daemon/audio/resampler.hpp"
#include "daemon/audio/stream_context.hpp"
#include "daemon/audio/turn_tracker.hpp"

namespace gv::audio {

class PlaybackStream {
 public:
  PlaybackStream(StreamContext context, PlayoutQueue& queue) : context_(context), queue_(queue) {}

  // Throws FailureError; otherwise the device is open and idle.
  const StreamInfo& open(const PlaybackSpec& spec);
  // Cuts what is playing and reports it as played(cut).
  void close();
  bool is_open() const { return pcm_.has_value(); }
  AlsaPcm* pcm() { return pcm_ ? &*pcm_ : nullptr; }

  // Does what is due. trouble: poll() reported an error. Gives a failure where the device is lost.
  std::optional<Failure> service(std::int64_t now, bool trouble);
  // Acts on PlayoutQueue::flush(), open or closed. Called before anything else after a wake-up.
  void flush();

  bool polls() const { return pcm_ && poll_wanted_; }
  std::int64_t deadline() const { return pcm_ ? deadline_ : never; }
  // Until when an answer could be heard; `never` while one plays, 0 where there was none.
  std::int64_t audible_until() const { return playing_ ? never : audible_until_; }

 private:
  struct Start {
    std::uint64_t turn;
    std::int64_t received_ns;
    std::uint64_t position;  // of its first sample, in frames of the device
  };

  // playback_run.cpp
  void begin_run(std::int64_t now);
  void end_run();
  void fill(std::int64_t now);
  bool write_staged();
  void stage(long space, std::int64_t now);
  void stage_silence(unsigned frames);
  bool starving(long space, std::int64_t now);
  bool may_read(std::int64_t now);
  void finish(std::int64_t now);

  bool queue_empty() const;
  void revive(std::int64_t now, long error);
  void fail(const std::string& why);
  std::uint64_t to_device(std::uint64_t frames) const;
  std::uint64_t heard_position();  // frames at 24 kHz
  void report(const std::vector<Played>& played);
  void wake_at(std::int64_t time) { deadline_ = std::min(deadline_, time); }
  std::int64_t duration_ns(std::uint64_t device_frames) const;

  StreamContext context_;
  PlayoutQueue& queue_;
  std::optional<AlsaPcm> pcm_;
  std::optional<Resampler> resampler_;
  RecoveryBudget budget_;
  std::int64_t prebuffer_ns_ = 0;
  std::optional<Failure> lost_;

  // The run.
  TurnTracker tracker_;
  bool playing_ = false;
  bool finishing_ = false;       // every turn was read to its end
  bool holding_ = false;         // waiting for the prebuffer, at the start or after starving
  std::int64_t hold_since_ = 0;  // first audio seen while holding; 0: none yet
  std::int64_t finish_by_ = 0;
  std::vector<std::int16_t> staged_;  // at the device's rate, not yet written
  std::size_t staged_offset_ = 0;
  std::uint64_t written_ = 0;  // frames of the device
  std::uint64_t written_at_recovery_ = 0;
  std::deque<Start> starts_;

  bool needs_prepare_ = false;
  bool poll_wanted_ = false;
  bool resuming_ = false;
  std::int64_t deadline_ = never;
  std::int64_t audible_until_ = 0;
};

}  // namespace gv::audio
