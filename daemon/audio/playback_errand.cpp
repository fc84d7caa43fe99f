// PlaybackStream: what waits for a sound server is done away from the audio thread; with a card the
// same is done at once.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/audio/alsa_error.hpp"
#include "daemon/audio/playback_stream.hpp"

namespace gv::audio {

void PlaybackStream::send_away(Away why, std::int64_t now, Errand::Work work) {
  away_position_ = playing_ ? heard_position() : 0;
  away_ = why;
  full_ = false;
  deadline_ = never;
  watchdog_.start(now);
  AlsaPcm pcm = std::move(*pcm_);
  pcm_.reset();
  errand_.begin(std::move(pcm), std::move(work));
}

void PlaybackStream::come_back(std::int64_t now) {
  std::optional<Errand::Outcome> outcome = errand_.take();
  if (!outcome) {
    if (watchdog_.expired(now)) fail(no_answer);
    return;
  }
  pcm_.emplace(std::move(outcome->pcm));
  const Errand::Report report = outcome->report;
  const bool sounds = away_ == Away::starting || away_ == Away::writing;
  if (std::exchange(cut_wanted_, false) && sounds) {
    stop_device(now);
    return;
  }
  report_cut(report.when);
  watchdog_.progress(now);
  switch (away_) {
    case Away::stopping:
      if (report.result < 0) fail(explain(static_cast<int>(report.result)));
      return;
    case Away::reviving:
      return revived(now, revive_error_, report.recovery);
    case Away::starting:
      if (report.result < 0) fail(explain(static_cast<int>(report.result)));
      return;
    case Away::writing:
      room_ = std::max(pcm_->available(), 0L);
      wrote(report.result, report.when);
      return;
  }
}

// To silence. A server's stream is made anew at once, so that it is there for the next answer.
void PlaybackStream::stop_device(std::int64_t now) {
  if (!pcm_->server()) {
    pcm_->cut();
    needs_prepare_ = true;
    return;
  }
  send_away(Away::stopping, now, [](AlsaPcm& pcm, const std::atomic<bool>& wanted) {
    pcm.cut();
    const std::int64_t silent_ns = now_ns();
    const int prepared = wanted ? pcm.prepare() : 0;
    return Errand::Report{.recovery = Recovery::done, .result = prepared, .when = silent_ns};
  });
}

void PlaybackStream::revive(std::int64_t now, long error) {
  const bool suspended = std::exchange(resuming_, false);
  if (!suspended && (error == -EPIPE || pcm_->state() == AlsaPcm::State::xrun)) {
    ++context_.counters.playback_xruns;
  }
  // Writing into an empty buffer is no progress: a dead server takes that much, too.
  if (written_ > written_at_recovery_ + info_.buffer_frames) {
    budget_.progress();
    resumes_ = 0;
  }
  written_at_recovery_ = written_;
  if (!suspended && !budget_.allow(now)) {
    fail("it fails again and again");
    return;
  }
  if (!pcm_->server()) return revived(now, error, recover(*pcm_, error));
  revive_error_ = error;
  send_away(Away::reviving, now, [error](AlsaPcm& pcm, const std::atomic<bool>& /*wanted*/) {
    const Recovery recovery = recover(pcm, error);
    return Errand::Report{.recovery = recovery, .result = 0, .when = now_ns()};
  });
}

void PlaybackStream::revived(std::int64_t now, long error, Recovery recovery) {
  switch (recovery) {
    case Recovery::later:
      if (++resumes_ > most_resumes) {
        fail("it does not wake up");
        return;
      }
      resuming_ = true;
      deadline_ = now + resume_retry_ns;
      return;
    case Recovery::lost:
      fail(error < 0 ? explain(static_cast<int>(error)) : "it has gone");
      return;
    case Recovery::done:
      resumes_ = 0;
      room_ = std::max(pcm_->available(), 0L);
      return;
  }
}

// 0: nobody knows. It may have been silent before it was to be.
void PlaybackStream::report_cut(std::int64_t silent_ns) {
  for (Played& one : cut_)
    one.silent_ns = silent_ns == 0 ? 0 : std::max(one.silent_ns, silent_ns);
  report(std::exchange(cut_, {}));
}

// Of the device, wherever it is.
void PlaybackStream::let_go() {
  errand_.abandon();
  cut_wanted_ = false;
  if (pcm_) release(std::move(*pcm_));
  pcm_.reset();
  report_cut(0);
}

}  // namespace gv::audio
