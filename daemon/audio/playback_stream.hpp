// The speaker: keeps an open PCM filled from the playout queue. Audio thread only.
//
// idle: nothing to play, the device is stopped; a card is polled for its removal only. A turn's
// audio starts a run: the device plays one gapless stream of answers and, where the network is too
// slow, silence, until no turn is open and the last sample was heard; then it is idle again.
//
// A run outlives its device: what the lost one had not played goes to the next. Where there is none
// for 5 s everything is dropped, and what comes as well until there is one.
//
// The reflex to somebody who speaks: duck() makes the answer softer, hold() stops it where it is
// without losing any of it, restore() undoes both. With a card that acts on what the card holds;
// what a sound server has cannot be taken back (audio.md 1.4) and is heard first. While an answer
// is held the device goes on, with silence, and what comes waits in the queue.
//
// Earcons are laid over what is played, and start a run of silence where nothing is. The reflex
// does not change them, and what flush() leaves of one is heard when the device is ready again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/backlog.hpp"
#include "daemon/audio/earcon_overlay.hpp"
#include "daemon/audio/errand.hpp"
#include "daemon/audio/gain.hpp"
#include "daemon/audio/jitter.hpp"
#include "daemon/audio/playout_queue.hpp"
#include "daemon/audio/recovery.hpp"
#include "daemon/audio/resampler.hpp"
#include "daemon/audio/stream_context.hpp"
#include "daemon/audio/taps.hpp"
#include "daemon/audio/turn_tracker.hpp"
#include "daemon/audio/watchdog.hpp"

namespace gv::audio {

inline constexpr unsigned fade_frames = playback_rate / 200;  // 5 ms

class PlaybackStream {
 public:
  PlaybackStream(const StreamContext& context, PlayoutQueue& queue)
      : context_(context), queue_(queue), errand_(context.bell) {}

  // nullptr: nobody listens. Outlives this.
  void set_tap(PlaybackTap* tap) { tap_ = tap; }
  // What holds for the devices to come.
  void configure(const PlaybackSpec& spec);
  // A device that was opened, instead of the one in use. A run goes on with the first sample that
  // was not heard.
  void attach(AlsaPcm pcm);
  // Gives away a lost device, and waits for the next; nothing where it is away, which is closed
  // when it comes back.
  std::optional<AlsaPcm> detach(std::int64_t now);
  // Cuts what is playing and reports it as played(cut).
  void close();
  AlsaPcm* pcm() { return pcm_ ? &*pcm_ : nullptr; }

  // Does what is due. trouble: poll() reported an error. Gives a failure where the device is lost.
  std::optional<Failure> service(std::int64_t now, bool trouble);
  // Acts on PlayoutQueue::flush(), open or closed. Called before anything else after a wake-up.
  void flush();

  // speech_ns: when the speech began, as far as is known; told with the event. False: there is
  // nothing to be heard that could be changed. flush() ends both, and so does a time of several
  // seconds.
  bool duck(std::int64_t speech_ns);
  bool hold(std::int64_t speech_ns);
  void restore();

  void ring(Earcon which);
  // Whether an earcon is still to be heard, and there is a device for it.
  bool ringing() const { return (pcm_ || away()) && (earcons_.waiting() || earcons_.end() > 0); }

  bool reacting() const { return reflex_ != Reflex::none; }
  // Whether an answer is heard about now, or would be if it were not held.
  bool sounding(std::int64_t now) const {
    return playing_ && (reflex_ == Reflex::held || now < sound_until_);
  }

  // Waits for the device to have room: what comes into the queue meanwhile makes no difference.
  bool full() const { return pcm_ && full_; }
  // Whether the device's descriptors are to be polled, and if so whether only for errors. A
  // server's, too, though the microphone wakes us as often: left until then, what it has runs dry
  // where the machine is busy.
  bool polls() const { return pcm_ && (full_ || watched()); }
  bool polls_errors_only() const { return !full_; }
  std::int64_t deadline() const {
    return away() ? std::min(deadline_, watchdog_.next_look()) : deadline_;
  }
  // Until when an answer could be heard; `never` while one plays, 0 where there was none.
  std::int64_t audible_until() const {
    return (pcm_ || away()) && playing_ ? never : audible_until_;
  }

 private:
  struct Start {
    std::uint64_t turn;
    std::int64_t received_ns;
    std::uint64_t position;  // of its first sample, as the tracker's
  };

  // playback_errand.cpp
  enum class Away { stopping, reviving, starting, writing };
  bool away() const { return errand_.away(); }
  void send_away(Away why, std::int64_t now, Errand::Work work);
  void come_back(std::int64_t now);
  void stop_device(std::int64_t now);
  void revive(std::int64_t now, long error);
  void revived(std::int64_t now, long error, Recovery recovery);
  void report_cut(std::int64_t silent_ns);
  void let_go();

  // playback_outage.cpp
  void unload();
  void reload();
  void drop(std::int64_t now);

  // playback_reflex.cpp
  enum class Reflex { none, ducked, held };
  bool reacts() const;
  void begin_reflex(Reflex reflex, std::int64_t speech_ns);
  void end_reflex();
  void go_on();
  std::optional<std::uint64_t> take_back();
  void stage_again(std::uint64_t position);
  std::uint64_t unwrite(std::optional<std::uint64_t> position);
  std::vector<std::int16_t> next_sound(unsigned frames);
  double level() const;

  // playback_run.cpp
  void begin_run(std::int64_t now);
  void end_run();
  void fill(std::int64_t now);
  bool write_staged(std::int64_t now);
  bool wrote(long put, std::int64_t when);
  bool look_for_room(std::int64_t now);
  void await_room(std::int64_t now);
  void convert(std::span<const std::int16_t> samples);
  void stage(long space, std::int64_t now);
  PlayoutQueue::Read read(std::span<std::int16_t> out);
  void stage_silence(unsigned frames, std::span<const std::int16_t> fade = {});
  void shape(std::uint64_t position, std::span<std::int16_t> samples) const;
  std::uint64_t sound_end() const;
  void tell_tap(std::uint64_t from, std::uint64_t to, long put, std::int64_t now);
  bool starving(long space, std::int64_t now);
  bool may_read(std::int64_t now);
  void finish(std::int64_t now);

  bool queue_empty() const;  // nor anything in the backlog
  bool nothing_to_play() const { return queue_empty() && !earcons_.waiting(); }
  bool watched() const;
  void idle_trouble(std::int64_t now);
  void fail(const std::string& why);
  std::uint64_t to_device(std::uint64_t frames) const;
  long held_frames() { return held_frames(pcm_->available()); }
  long held_frames(long room);     // that the device was given and has not played
  std::uint64_t heard_position();  // frames at 24 kHz
  void report(const std::vector<Played>& played);
  void wake_at(std::int64_t time) { deadline_ = std::min(deadline_, time); }
  std::int64_t duration_ns(std::uint64_t device_frames) const;

  StreamContext context_;
  PlayoutQueue& queue_;
  std::optional<AlsaPcm> pcm_;
  StreamInfo info_;  // of pcm_, also while it is away
  std::optional<Resampler> resampler_;
  RecoveryBudget budget_;
  Watchdog watchdog_;
  Jitter jitter_;
  PlaybackTap* tap_ = nullptr;
  std::optional<Failure> lost_;

  // The run.
  TurnTracker tracker_;
  bool playing_ = false;
  bool finishing_ = false;  // every turn was read to its end
  bool bare_ = false;       // it began with an earcon: no answer was waited for
  bool gap_ = false;        // silence since the last sample of an answer, which goes on
  std::int64_t finish_by_ = 0;
  std::int64_t sound_until_ = 0;  // sounding(); a little later than is so
  Backlog backlog_;               // read before the queue
  Gain gain_;                     // by the tracker's positions
  EarconOverlay earcons_;         // the same
  Reflex reflex_ = Reflex::none;
  std::int64_t reflex_until_ = 0;
  std::int64_t speech_ns_ = 0;
  std::vector<std::int16_t> staged_;  // at the device's rate, not yet written
  std::size_t staged_offset_ = 0;
  long room_ = 0;              // of the device, at the last look, less what was written since
  std::uint64_t skip_ = 0;     // frames of the device that the resampler gives next and are known
  std::uint64_t base_ = 0;     // the tracker's position of the first sample given to this device
  std::uint64_t written_ = 0;  // frames of the device
  std::uint64_t written_at_recovery_ = 0;
  std::deque<Start> starts_;
  // What was staged last, at 24 kHz and full level, up to the tracker's written(): more than a
  // device can hold.
  std::vector<std::int16_t> recent_;
  // For the time of one call each; their memory serves again.
  std::vector<std::int16_t> shaped_;
  std::vector<std::int16_t> silence_;

  // While pcm_ is with a thread that waits for the sound server.
  Errand errand_;
  Away away_ = Away::stopping;
  std::uint64_t away_position_ = 0;  // heard_position() when it left
  long revive_error_ = 0;
  bool cut_wanted_ = false;  // flush() came while something that sounds was away
  std::vector<Played> cut_;  // reported when the device is silent

  enum class Outage { none, waiting, dropping };
  Outage outage_ = Outage::none;
  std::int64_t give_up_at_ = 0;

  bool needs_prepare_ = false;
  bool watch_idle_ = true;
  bool full_ = false;
  bool resuming_ = false;
  int resumes_ = 0;  // since it played something
  std::int64_t deadline_ = never;
  std::int64_t audible_until_ = 0;
};

}  // namespace gv::audio
