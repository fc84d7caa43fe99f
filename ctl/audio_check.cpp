#include "ctl/audio_check.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>

#include <poll.h>

#include "ctl/audio_measure.hpp"
#include "ctl/problem.hpp"
#include "daemon/audio/resampler.hpp"

namespace gv::ctl {
namespace {

using std::chrono::milliseconds;

// What the room sounds like when nothing is played: a canceller learns it as well.
constexpr std::size_t before_frames = audio::capture_rate;
constexpr std::size_t after_frames = audio::capture_rate * 3 / 4;
constexpr milliseconds open_limit{15'000};
constexpr milliseconds play_limit{20'000};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

class Listener final : public audio::EngineObserver {
 public:
  explicit Listener(AudioCheck& check) : check_(check) {}

  void capture_opened(const audio::StreamInfo& info) override { check_.capture.info = info; }
  void capture_closed() override {}
  void capture_failed(const Failure& failure) override { check_.capture.failure = failure.message; }
  void capture_lost(const Failure& failure) override { check_.capture.failure = failure.message; }
  void captured(const audio::CaptureChunk& chunk) override {
    const auto samples = chunk.view();
    check_.recording.insert(check_.recording.end(), samples.begin(), samples.end());
    captured_ns_ = chunk.captured_ns;
    const std::int64_t now = now_ns();
    latencies_ms_.push_back(static_cast<double>(now - chunk.captured_ns) / 1e6);
    constexpr std::int64_t at_once_ns = 1'000'000;
    if (came_ns_ != 0 && now - came_ns_ > at_once_ns) {
      intervals_ms_.push_back(static_cast<double>(now - came_ns_) / 1e6);
    }
    came_ns_ = now;
  }
  void playback_opened(const audio::StreamInfo& info) override { check_.playback.info = info; }
  void playback_closed() override {}
  void playback_failed(const Failure& failure) override {
    check_.playback.failure = failure.message;
  }
  void playback_lost(const Failure& failure) override { check_.playback.failure = failure.message; }
  void play_started(std::uint64_t /*turn*/, std::int64_t /*received_ns*/, std::int64_t accepted_ns,
                    std::int64_t /*heard_ns*/) override {
    accepted_ns_ = accepted_ns;
  }
  void played(const audio::Played& /*played*/) override { played_ns_ = now_ns(); }
  void barge_in(const audio::BargeInEvent& /*event*/) override {}
  void headphones_changed(bool /*headphones*/) override {}
  void playout_room() override {}

  bool settled() const {
    const auto known = [](const AudioCheck::Side& side) {
      return side.info || !side.failure.empty();
    };
    return known(check_.capture) && known(check_.playback);
  }
  bool failed() const {
    return !check_.capture.failure.empty() || !check_.playback.failure.empty();
  }
  bool played() const { return played_ns_ != 0; }

  // The frame of the recording that was heard at accepted_ns_. Once it is recorded, that is.
  std::size_t signal_at() const {
    const auto later = static_cast<std::int64_t>(audio::capture_rate) *
                       (captured_ns_ - accepted_ns_) / 1'000'000'000;
    const auto all = static_cast<std::int64_t>(check_.recording.size());
    return static_cast<std::size_t>(std::clamp<std::int64_t>(all - later, 0, all));
  }

  void tell_delays(std::size_t played_frames) const {
    check_.capture_latency_ms = latencies_ms_.empty() ? 0 : std::ranges::max(latencies_ms_);
    check_.capture_delay_ms = median(latencies_ms_);
    check_.capture_interval_ms = median(intervals_ms_);
    // The device took the first sample at accepted_ns_ and says that the last was heard now.
    const double sounding_ms = 1000.0 * static_cast<double>(played_frames) / audio::playback_rate;
    check_.playback_delay_ms =
        std::max(0.0, static_cast<double>(played_ns_ - accepted_ns_) / 1e6 - sounding_ms);
  }

 private:
  AudioCheck& check_;
  std::int64_t captured_ns_ = 0;
  std::int64_t accepted_ns_ = 0;
  std::int64_t played_ns_ = 0;
  std::int64_t came_ns_ = 0;
  std::vector<double> latencies_ms_;
  std::vector<double> intervals_ms_;
};

// False: it did not come true in time.
bool until(audio::Engine& engine, Listener& listener, milliseconds limit,
           const std::function<bool()>& true_now) {
  const std::int64_t end = now_ns() + std::chrono::nanoseconds(limit).count();
  while (!true_now()) {
    const std::int64_t left = end - now_ns();
    if (left <= 0) return false;
    pollfd one{.fd = engine.event_fd(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left / 1'000'000 + 1));
    if (ready < 0 && errno != EINTR) return false;
    engine.dispatch(listener);
  }
  return true;
}

void say(audio::Engine& engine, std::span<const std::int16_t> samples) {
  constexpr std::uint64_t turn = 1;
  audio::PlayoutQueue& queue = engine.playout();
  while (!samples.empty()) {
    audio::PlayoutBlock* block = queue.acquire();
    if (block == nullptr) break;  // some seconds of signal: there is room for two minutes
    const std::size_t part = std::min<std::size_t>(samples.size(), audio::PlayoutBlock::capacity);
    std::copy_n(samples.begin(), part, block->samples.begin());
    block->frames = static_cast<unsigned>(part);
    block->turn = turn;
    block->received_ns = now_ns();
    block->end_of_turn = false;
    queue.commit(block);
    samples = samples.subspan(part);
  }
  queue.end_turn(turn);
  engine.wake_playback();
}

}  // namespace

AudioCheck check_audio(const audio::CaptureSpec& capture, const audio::PlaybackSpec& playback,
                       double seconds) {
  AudioCheck check;
  Listener listener(check);
  const std::unique_ptr<audio::Engine> engine = audio::make_alsa_engine();
  engine->open_capture(capture);
  check.cancels = engine->cancels();
  engine->open_playback(playback);
  if (!until(*engine, listener, open_limit, [&listener] { return listener.settled(); })) {
    throw Problem(Exit::device, "doctor", "the sound system did not answer within 15 s",
                  "systemctl --user status pipewire pulseaudio");
  }
  if (listener.failed()) return check;

  const std::vector<std::int16_t> signal = test_signal(audio::playback_rate, seconds);
  audio::Resampler(audio::playback_rate, audio::capture_rate).process(signal, check.signal);
  const auto recorded = [&check, &listener](std::size_t frames) {
    return listener.failed() || check.recording.size() >= frames;
  };
  bool done = until(*engine, listener, play_limit, [&recorded] { return recorded(before_frames); });
  say(*engine, signal);
  done = done && until(*engine, listener, play_limit,
                       [&listener] { return listener.failed() || listener.played(); });
  const std::size_t enough = check.recording.size() + after_frames;
  done = done &&
         until(*engine, listener, play_limit, [&recorded, enough] { return recorded(enough); });
  if (!done) {
    throw Problem(Exit::device, "doctor", "the sound devices opened, but the sound stands still",
                  "another device in audio.capture.device and audio.playback.device "
                  "(gemini-voicectl devices)");
  }
  check.signal_at = listener.signal_at();
  listener.tell_delays(signal.size());
  check.counters = engine->counters();
  check.levels = engine->levels();
  return check;
}

}  // namespace gv::ctl
