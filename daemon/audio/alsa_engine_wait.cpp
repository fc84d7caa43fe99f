// The one place where the audio thread sleeps.
#include <algorithm>
#include <ctime>
#include <span>

#include "daemon/audio/alsa_engine.hpp"

namespace gv::audio {
namespace {

bool woke(std::span<const pollfd> descriptors) {
  return std::any_of(descriptors.begin(), descriptors.end(),
                     [](const pollfd& one) { return one.revents != 0; });
}

}  // namespace

Jack* AlsaEngine::jack() {
  return playback_.pcm() != nullptr ? playback_.pcm()->jack() : nullptr;
}

void AlsaEngine::wait() {
  constexpr std::int64_t backlog_retry_ns = 10'000'000;
  descriptors_.clear();
  descriptors_.push_back({.fd = bell_->fd(), .events = POLLIN, .revents = 0});
  if (capture_.polls()) capture_.pcm()->add_poll_descriptors(descriptors_);
  const std::size_t playback_first = descriptors_.size();
  const bool playback_polls = playback_.polls();
  if (playback_polls) {
    playback_.pcm()->add_poll_descriptors(descriptors_);
    if (playback_.polls_errors_only()) {
      for (pollfd& one : std::span(descriptors_).subspan(playback_first))
        one.events = 0;
    }
  }

  const std::size_t jack_first = descriptors_.size();
  if (Jack* jack = this->jack()) jack->add_poll_descriptors(descriptors_);

  // A full device is looked at often enough, whatever comes into the queue.
  if (!playback_.full()) {
    wake_wanted_ = true;
    if (playout_.commits() != commits_seen_) {
      wake_wanted_ = false;
      return;
    }
  }

  std::int64_t deadline =
      std::min({capture_.deadline(), playback_.deadline(), capture_keeper_.deadline(),
                playback_keeper_.deadline(), leaving_deadline()});
  if (events_.backlogged()) deadline = std::min(deadline, now_ns() + backlog_retry_ns);
  timespec timeout{};
  if (deadline != never) {
    const std::int64_t left = std::max<std::int64_t>(deadline - now_ns(), 0);
    timeout.tv_sec = left / 1'000'000'000;
    timeout.tv_nsec = left % 1'000'000'000;
  }
  const int ready = ppoll(descriptors_.data(), descriptors_.size(),
                          deadline == never ? nullptr : &timeout, nullptr);
  ++counters_.wakeups;
  wake_wanted_ = false;
  if (descriptors_.front().revents != 0) bell_->silence();
  const std::span<pollfd> all(descriptors_);
  constexpr unsigned errors = POLLERR | POLLNVAL | POLLHUP;

  // What was asked to be silent is silent before anything else is looked at.
  playback_.flush();
  if (Jack* jack = this->jack();
      ready > 0 && jack != nullptr && woke(all.subspan(jack_first)) && jack->changed()) {
    events_.post(HeadphonesEvent{jack->headphones()});
  }
  const std::span<pollfd> playbacks = all.subspan(playback_first, jack_first - playback_first);
  // A server's stream that was silenced just now has left for another thread.
  AlsaPcm* const playback = playback_.pcm();
  if (ready > 0 && playback_polls && playback != nullptr && woke(playbacks)) {
    if ((playback->events(playbacks) & errors) != 0) service_playback(true);
  }
  if (!capture_.polls()) {
    if (capture_.is_open() && now_ns() >= capture_.deadline()) service_capture(false);
    return;
  }
  const std::span<pollfd> captures = all.subspan(1, playback_first - 1);
  const bool called = ready > 0 && woke(captures);
  const unsigned events = called ? capture_.pcm()->events(captures) : 0U;
  if (events != 0 || now_ns() >= capture_.deadline()) {
    service_capture((events & errors) != 0);
  } else if (called) {
    capture_.false_alarm(now_ns());
  }
}

}  // namespace gv::audio
