// The machine's view of the devices: what is wanted of them, how far it got, what was heard.
#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

// After waking: USB and Bluetooth take some seconds. Then the user is told, and it goes on slower.
constexpr std::chrono::seconds reopen_interval{1};
constexpr std::chrono::seconds reopen_interval_when_told{5};
constexpr unsigned reopens_before_told = 10;

}  // namespace

void Machine::on(const input::CaptureOpened& /*opened*/) {
  status_.capture_open = true;
  stream_opened(capture_);
}

void Machine::on(const input::CaptureClosed& /*closed*/) {
  status_.capture_open = false;
  if (capture_.closing > 0) --capture_.closing;
}

void Machine::on(const input::CaptureFailed& failed) {
  status_.capture_open = false;
  const bool unmuting = capture_.pcm == Pcm::opening && was_ready_;
  if (!stream_failed(capture_)) return;
  if (waking_) return wait_for_devices(failed.failure);
  talk_over();
  if (!unmuting) return fail(failed.failure);
  // The conversation can go on without the microphone, and Muted says so.
  status_.muted = true;
  borrowed_ = false;
  if (!by_key()) {
    presses_.clear();
    if (phase_ == Phase::live) act(action::CutMicrophone{});
  }
  report_device(failed.failure);
}

void Machine::on(const input::CaptureLost& lost) {
  status_.capture_open = false;
  if (capture_.closing > 0) return;  // not the one that is wanted
  stream_lost(capture_, lost.failure);
  talk_over();
}

void Machine::on(const input::EchoChanged& changed) {
  status_.echo_mode = changed.mode;
}

void Machine::on(const input::PlaybackOpened& /*opened*/) {
  status_.playback_open = true;
  stream_opened(playback_);
}

void Machine::on(const input::PlaybackClosed& /*closed*/) {
  status_.playback_open = false;
  turns_.silence();
  if (playback_.closing > 0) --playback_.closing;
}

void Machine::on(const input::PlaybackFailed& failed) {
  status_.playback_open = false;
  turns_.silence();
  if (!stream_failed(playback_)) return;
  if (waking_) return wait_for_devices(failed.failure);
  fail(failed.failure);
}

void Machine::on(const input::PlaybackLost& lost) {
  status_.playback_open = false;
  stream_lost(playback_, lost.failure);
}

void Machine::on(const input::PlayStarted& started) {
  auto* turn = turns_.find(started.turn);
  if (turn != nullptr && turn->heard_since_ns == 0) turn->heard_since_ns = started.heard_ns;
  if (turn == nullptr || turn->latency_ms != 0 || turn->input_ns == 0) return;
  turn->latency_ms = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, (started.accepted_ns - turn->input_ns) / 1'000'000));
  counters_.last_turn_latency_ms = turn->latency_ms;
}

void Machine::on(const input::Played& played) {
  touch();
  auto* turn = turns_.find(played.turn);
  if (turn == nullptr) return;
  turn->heard_ms += played.heard_ms;
  turn->heard_until_ns = played.end_ns;
  turn->audible = false;
}

// Where in the session it was: what was typed, when it was sent; what was said, as the microphone
// heard it, or else as its words came in; the answer, as the device played it.
void Machine::place(Turn& turn) const {
  const auto ms = [this](std::int64_t at_ns) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, at_ns - started_ns_) / 1'000'000);
  };
  if (turn.words_ns != 0) {
    auto said = speech_.of(turn.id, now_ns_);
    if (!said) said = {turn.words_ns, std::max(turn.words_ns, turn.input_ns)};
    if (turn.typed_ns != 0) {
      said->begin_ns = std::min(said->begin_ns, turn.words_ns);
      said->end_ns = std::max(said->end_ns, turn.typed_ns);
    }
    turn.said = {ms(said->begin_ns), ms(said->end_ns)};
  }
  if (turn.heard_since_ns != 0 && turn.heard_ms != 0) {
    const auto least_ns = turn.heard_since_ns + std::int64_t{turn.heard_ms} * 1'000'000;
    turn.heard = {ms(turn.heard_since_ns), ms(std::max(turn.heard_until_ns, least_ns))};
  }
}

void Machine::stream_opened(Stream& stream) {
  if (stream.closing != 0 || stream.pcm == Pcm::closed) return;
  stream.pcm = Pcm::open;
  check_awake();
  if (waking_ || capture_.pcm == Pcm::opening || playback_.pcm == Pcm::opening) return;
  device_trouble_ = {};
  if (status_.last_error.error == Error::device_unavailable) status_.last_error = {};
}

void Machine::check_awake() {
  if (playback_.pcm == Pcm::open && (capture_.pcm == Pcm::open || status_.muted)) waking_ = false;
}

bool Machine::stream_failed(Stream& stream) {
  if (stream.closing > 0) {
    --stream.closing;
    return false;
  }
  return std::exchange(stream.pcm, Pcm::closed) != Pcm::closed;
}

// The engine keeps trying, and the conversation goes on.
void Machine::stream_lost(Stream& stream, const Failure& failure) {
  if (stream.closing > 0 || stream.pcm == Pcm::closed) return;
  stream.pcm = Pcm::opening;
  report_device(failure);
}

void Machine::report_device(const Failure& failure) {
  device_trouble_ = failure;
  status_.last_error = failure;
  act(action::Report{failure});
}

void Machine::wait_for_devices(const Failure& failure) {
  if (++reopens_ == reopens_before_told) report_device(failure);
  const bool told = reopens_ >= reopens_before_told;
  act(action::SetTimer{Timer::reopen, told ? reopen_interval_when_told : reopen_interval});
}

void Machine::open_capture() {
  capture_.pcm = Pcm::opening;
  act(action::OpenCapture{});
}

void Machine::close_capture() {
  stop_talking();
  if (voice_) on(input::Voice{false});  // what was said up to here was said
  voice_ = false;
  if (!close_microphone(false)) return;
  // The service would wait for the rest of the sentence (live-api.md section 2.3).
  if (phase_ == Phase::live && !by_key()) {
    act(action::Send{live::encode_audio_stream_end()});
  }
}

// Gives whether it was open or about to be.
bool Machine::close_microphone(bool keep_sound) {
  if (capture_.pcm == Pcm::closed) return false;
  capture_.pcm = Pcm::closed;
  ++capture_.closing;
  if (sent_press_ && !keep_sound) sent_press_->forgotten = true;
  act(action::CloseCapture{keep_sound});
  return true;
}

void Machine::reopen_devices() {
  if (phase_ == Phase::asleep) return;
  if (playback_.pcm == Pcm::closed) open_playback();
  if (capture_.pcm == Pcm::closed && !status_.muted) open_capture();
}

void Machine::open_playback() {
  playback_.pcm = Pcm::opening;
  act(action::OpenPlayback{});
}

void Machine::close_playback() {
  if (playback_.pcm == Pcm::closed) return;
  playback_.pcm = Pcm::closed;
  ++playback_.closing;
  act(action::ClosePlayback{});
}

// Only what was ready once: who starts a session hears that it listens, or what is wrong.
void Machine::ring(action::Cue cue) {
  if (was_ready_ && playback_.pcm == Pcm::open) act(action::Ring{cue});
}

}  // namespace gv::session
