#include "daemon/audio/alsa_engine.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>

#include "daemon/audio/alsa_error.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::audio {

std::unique_ptr<Engine> make_alsa_engine() {
  return std::make_unique<AlsaEngine>();
}

// ---- main thread

AlsaEngine::AlsaEngine()
    : capture_({events_, counters_, bell_}, cleaner_),
      playback_({events_, counters_, bell_}, playout_) {
  route_alsa_messages();
  playback_.set_tap(&cleaner_);
  // Signals are the main loop's. Threads that plug-ins start inherit the mask from ours.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    thread_ = std::thread(&AlsaEngine::run, this);
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

AlsaEngine::~AlsaEngine() {
  send(Quit{});
  thread_.join();
}

void AlsaEngine::send(Command command) {
  {
    const std::lock_guard lock(commands_mutex_);
    commands_.push_back(std::move(command));
  }
  bell_->ring();
}

// The canceller is made here, where it may take its time, and kept as long as it fits: it has
// learnt the room.
void AlsaEngine::open_capture(const CaptureSpec& spec) {
  OpenCapture open{spec, spec.processing != processing_, nullptr};
  if (open.new_canceller) {
    guarded("making the echo canceller", [&open, &spec] {
      if (spec.processing != echo::nothing) open.canceller = echo::make_canceller(spec.processing);
    });
    // One that could not be made is tried again by the next.
    processing_ = open.canceller ? spec.processing : echo::nothing;
  }
  send(std::move(open));
}

void AlsaEngine::close_playback() {
  playout_.flush();
  send(ClosePlayback{});
}

void AlsaEngine::wake_playback() {
  if (wake_wanted_.exchange(false)) bell_->ring();
}

void AlsaEngine::flush() {
  playout_.flush();
  bell_->ring();
}

Counters AlsaEngine::counters() const {
  return {
      .capture_xruns = counters_.capture_xruns,
      .playback_xruns = counters_.playback_xruns,
      .capture_lost = counters_.capture_lost,
      .playback_lost = counters_.playback_lost,
      .capture_frames = counters_.capture_frames,
      .capture_dropped = counters_.capture_dropped,
      .playback_frames = counters_.playback_frames,
      .ducks = counters_.ducks,
      .holds = counters_.holds,
      .restores = counters_.restores,
      .wakeups = counters_.wakeups,
      .faults = counters_.faults,
  };
}

// ---- audio thread

namespace {

// For an earcon to be heard before the speaker is closed.
constexpr std::int64_t farewell_ns = 300'000'000;

Failure fault(const std::exception& error) noexcept {
  try {
    return {Error::device_unavailable,
            std::string("the sound was interrupted by a fault of gemini-voiced: ") + error.what() +
                ". Try: end programs that take much memory; if it goes on, restart gemini-voiced"};
  } catch (...) {
    return {Error::device_unavailable, "out of memory"};  // short enough to need none
  }
}

}  // namespace

void AlsaEngine::obey(OpenCapture& open) {
  const CaptureSpec& spec = open.spec;
  if (open.new_canceller) cleaner_.use(std::move(open.canceller), spec.processing);
  if (!capture_keeper_.closed()) {
    log::warning("audio", "the microphone is already open");
    return;
  }
  capture_.configure(spec);
  barge_in_wanted_ = spec.barge_in;
  cleaner_.set_by_key(spec.by_key);
  follow_echo(spec.echo);
  capture_keeper_.open(now_ns(), spec.devices, spec.period_ms);
}

void AlsaEngine::obey(CloseCapture) {
  if (capture_keeper_.closed()) return;
  reflex_.deaf();
  capture_.close();
  capture_keeper_.close(now_ns());  // answered by tend()
}

void AlsaEngine::obey(const PlaybackSpec& spec) {
  if (leave_by_ != never) leave();
  if (!playback_keeper_.closed()) {
    log::warning("audio", "the speaker is already open");
    return;
  }
  playback_.configure(spec);
  playback_keeper_.open(now_ns(), spec.devices, spec.period_ms);
}

void AlsaEngine::obey(ClosePlayback) {
  if (playback_keeper_.closed() || leave_by_ != never) return;
  if (playback_.ringing()) {
    leave_by_ = now_ns() + farewell_ns;
  } else {
    leave();
  }
}

void AlsaEngine::leave() {
  leave_by_ = never;
  playback_.close();
  playback_keeper_.close(now_ns());  // answered by tend()
}

// When leave() is due.
std::int64_t AlsaEngine::leaving_deadline() const {
  return leave_by_ == never || playback_.ringing() ? leave_by_ : 0;
}

void AlsaEngine::obey(Earcon which) {
  playback_.ring(which);
}

void AlsaEngine::obey(EchoHandling handling) {
  capture_.set_half_duplex(handling == EchoHandling::half_duplex);
  follow_echo(handling);
}

void AlsaEngine::follow_echo(EchoHandling handling) {
  cleaner_.set_mode(handling);
  const bool allowed = barge_in_wanted_ && handling != EchoHandling::half_duplex;
  reflex_.allow(allowed);
  capture_.set_tap(allowed ? &reflex_ : nullptr);
}

void AlsaEngine::obey_commands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) {
    try {
      std::visit([this](auto& one) { obey(one); }, command);
    } catch (const std::exception& error) {
      refuse(command, error);  // it takes none of the others with it, the last of all above all
    }
  }
}

void AlsaEngine::refuse(const Command& command, const std::exception& error) {
  ++counters_.faults;
  log_fault("an order to the audio thread", error.what());
  // The caller waits for an answer to each.
  if (std::holds_alternative<OpenCapture>(command)) {
    events_.post(FailedEvent{Direction::capture, fault(error)});
  } else if (std::holds_alternative<PlaybackSpec>(command)) {
    events_.post(FailedEvent{Direction::playback, fault(error)});
  } else if (std::holds_alternative<CloseCapture>(command)) {
    guarded("closing the microphone", [this] { obey(CloseCapture{}); });
  } else if (std::holds_alternative<ClosePlayback>(command)) {
    guarded("closing the speaker", [this] { obey(ClosePlayback{}); });
  }
}

// New devices, as they come.
void AlsaEngine::tend() {
  const std::int64_t now = now_ns();
  DeviceKeeper::News news = capture_keeper_.tend(now);
  for (; news.closed > 0; --news.closed)
    events_.post(ClosedEvent{Direction::capture});
  if (news.failure) events_.post(FailedEvent{Direction::capture, std::move(*news.failure)});
  if (news.pcm) {
    events_.post(OpenedEvent{Direction::capture, news.pcm->info()});
    reflex_.deaf();
    capture_.attach(std::move(*news.pcm), now);
  }
  news = playback_keeper_.tend(now);
  for (; news.closed > 0; --news.closed)
    events_.post(ClosedEvent{Direction::playback});
  if (news.failure) events_.post(FailedEvent{Direction::playback, std::move(*news.failure)});
  if (news.pcm) {
    events_.post(OpenedEvent{Direction::playback, news.pcm->info()});
    cleaner_.speaker(news.pcm->info().device);
    playback_.attach(std::move(*news.pcm));
  }
}

void AlsaEngine::service_playback(bool trouble) {
  playback_.flush();
  const std::int64_t now = now_ns();
  if (std::optional<Failure> failure = playback_.service(now, trouble)) {
    ++counters_.playback_lost;
    events_.post(LostEvent{Direction::playback, std::move(*failure)});
    playback_keeper_.lost(now, playback_.detach(now));
  }
  if (playout_.take_room_signal()) events_.post(RoomEvent{});
}

void AlsaEngine::service_capture(bool trouble) {
  const std::int64_t now = now_ns();
  std::optional<Failure> failure = capture_.service(now, trouble, playback_.audible_until());
  if (!failure) return;
  ++counters_.capture_lost;
  reflex_.deaf();
  events_.post(LostEvent{Direction::capture, std::move(*failure)});
  capture_keeper_.lost(now, capture_.detach());
}

// Lack of memory, in all likelihood. What the streams were at is unknown: both devices are lost,
// and come back as lost devices do. Each for itself, and told first: there may be no memory for
// this either.
void AlsaEngine::start_afresh(const std::exception& error) {
  ++counters_.faults;
  log_fault("the audio thread", error.what());
  const std::int64_t now = now_ns();
  if (capture_keeper_.in_use()) {
    guarded("the microphone's loss", [this, now, &error] {
      events_.post(LostEvent{Direction::capture, fault(error)});
      ++counters_.capture_lost;
      reflex_.deaf();
      capture_keeper_.lost(now, capture_.detach());
    });
  }
  if (playback_keeper_.in_use()) {
    guarded("the speaker's loss", [this, now, &error] {
      events_.post(LostEvent{Direction::playback, fault(error)});
      ++counters_.playback_lost;
      playback_keeper_.lost(now, playback_.detach(now));
    });
  }
  poll(nullptr, 0, 10);  // not without a pause, if it goes on
}

void AlsaEngine::turn() {
  commits_seen_ = playout_.commits();
  events_.retry();
  playback_.flush();
  obey_commands();
  if (quit_) return;
  if (now_ns() >= leaving_deadline()) leave();
  tend();
  if (capture_.away()) service_capture(false);
  service_playback(false);
  wait();
}

void AlsaEngine::run() {
  pthread_setname_np(pthread_self(), "audio");
  while (!quit_) {
    try {
      turn();
    } catch (const std::exception& error) {
      guarded("the audio thread", [this, &error] { start_afresh(error); });
    }
  }
  capture_.close();
  playback_.close();
  capture_keeper_.close(now_ns());
  playback_keeper_.close(now_ns());
  capture_keeper_.finish();
  playback_keeper_.finish();
}

}  // namespace gv::audio
