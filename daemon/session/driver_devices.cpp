// The driver's view of the audio engine, and what it makes of the microphone's sound.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <asio/post.hpp>

#include "daemon/live/encode.hpp"
#include "daemon/session/driver.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/log.hpp"

namespace gv::session {
namespace {

std::string describe(std::string_view what, const audio::StreamInfo& info) {
  return std::string(what) + " '" + info.device + "' is open: " + std::to_string(info.rate) +
         " Hz, " + std::to_string(info.channels) + " channel(s), period " +
         std::to_string(info.period_frames) + ", buffer " + std::to_string(info.buffer_frames) +
         " frames";
}

}  // namespace

void Driver::watch_engine() {
  engine_events_.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this](const asio::error_code& ec) {
                              if (ec) return;
                              guarded("audio events", [this] { serve_engine(); });
                              watch_engine();
                            });
}

// How late the loop comes to it shows in the statistics: while the microphone is open it is there
// every period, and nothing is in more of a hurry.
void Driver::serve_engine() {
  const std::int64_t waited_us = parts_.engine.dispatch(*this) / 1000;
  statistics_.loop_lag_max_us =
      std::max(statistics_.loop_lag_max_us, static_cast<std::uint64_t>(waited_us));
}

void Driver::capture_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("microphone", info));
  feed(input::CaptureOpened{});
}

void Driver::capture_closed() {
  log::info("audio", "the microphone is closed");
  if (!keep_sound_) microphone_.forget();  // what was said before a mute is not sent after it
  heard_voice(voice_.reset(), now_ns());
  heard_faint_voice(faint_voice_.reset());
  feed(input::CaptureClosed{});
}

void Driver::capture_failed(const Failure& failure) {
  feed(input::CaptureFailed{failure});
}

void Driver::capture_lost(const Failure& failure) {
  heard_voice(voice_.reset(), now_ns());
  heard_faint_voice(faint_voice_.reset());
  feed(input::CaptureLost{failure});
}

void Driver::captured(const audio::CaptureChunk& chunk) {
  echo_.measured(parts_.engine.levels());
  judge_echo();
  statistics_.frames_dropped += microphone_.heard(chunk.view(), chunk.captured_ns);
  heard_voice(voice_.feed(chunk.view()), chunk.captured_ns);
  heard_faint_voice(faint_voice_.feed(chunk.view()));
  ring_first_sound();
  send_microphone(chunk.captured_ns);
}

// Who speaks already needs no sound to begin, and would be cut short where the echo of one is kept
// from the service.
void Driver::ring_first_sound() {
  const auto cue = std::exchange(first_sound_cue_, std::nullopt);
  if (!cue) return;
  const bool kept_back = !by_key_ && machine_.status().echo_mode != EchoMode::off;
  if (!kept_back || !voice_.speaking()) ring(*cue);
}

void Driver::send_microphone(std::int64_t captured_ns) {
  using Kind = MicrophoneFeed::Kind;
  while (const auto piece = microphone_.next(now_ns(), parts_.transport.buffered())) {
    switch (piece->kind) {
      case Kind::audio:
        send_audio(*piece, captured_ns);
        break;
      case Kind::activity_start:
        parts_.transport.send(live::encode_activity_start());
        break;
      case Kind::activity_end:
        parts_.transport.send(live::encode_activity_end());
        feed(input::TalkSent{});
        break;
      case Kind::sent:
        feed(input::TalkSent{});
        break;
      case Kind::empty_activity:
        feed(input::TalkSent{.empty = true});
        break;
      case Kind::dropped_audio:
        statistics_.frames_dropped += piece->samples.size();
        break;
    }
  }
  const auto due_ns = microphone_.due_ns();
  if (due_ns == 0) {
    microphone_timer_.cancel();
    return;
  }
  microphone_timer_.expires_after(std::chrono::nanoseconds(due_ns - now_ns()));
  microphone_timer_.async_wait([this](const asio::error_code& ec) {
    if (!ec) guarded("the microphone", [this] { send_microphone(); });
  });
}

void Driver::send_audio(const MicrophoneFeed::Piece& piece, std::int64_t captured_ns) {
  const bool congested = parts_.transport.buffered() > 0;
  parts_.transport.send(live::encode_audio(piece.samples));
  statistics_.frames_sent += piece.samples.size();
  // Of what is late, or waits for the network, nothing can be learned about our own share.
  if (!piece.newest || captured_ns == 0 || congested) return;
  // The transport writes in the loop's next turn; this runs right after it.
  asio::post(parts_.io,
             [this, captured_ns] { statistics_.mic_to_wire.add(now_ns() - captured_ns); });
}

// at_ns: when the last sample that it heard was captured.
void Driver::heard_voice(std::optional<bool> change, std::int64_t at_ns) {
  const auto ago_ns = static_cast<std::int64_t>(voice_.changed_ms_ago() * 1e6);
  if (change) feed(input::Voice{*change, at_ns - ago_ns});
}

void Driver::heard_faint_voice(std::optional<bool> change) {
  if (change) feed(input::FaintVoice{*change});
}

void Driver::playback_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("speaker", info));
  echo_.playing_to(info.headphones);
  judge_echo();
  feed(input::PlaybackOpened{});
}

void Driver::headphones_changed(bool headphones) {
  echo_.plugged(headphones);
  judge_echo();
}

void Driver::judge_echo() {
  const EchoMode mode = echo_.mode();
  if (!machine_.running() || mode == machine_.status().echo_mode) return;
  log::info("audio", "echo: " + std::string(contract_name(mode)) + " from now on: " + echo_.why());
  parts_.engine.set_echo(handling(mode));
  feed(input::EchoChanged{mode});
}

void Driver::barge_in(const audio::BargeInEvent& event) {
  const std::int64_t after_ns = event.done_ns - event.speech_ns;
  switch (event.kind) {
    case audio::BargeInEvent::Kind::ducked:
      return statistics_.speech_to_duck.add(after_ns);
    case audio::BargeInEvent::Kind::held:
      statistics_.speech_to_hold.add(after_ns);
      held_ = true;
      return parts_.transport.pause(false);
    case audio::BargeInEvent::Kind::restored:
      held_ = false;
      return throttle_reading();
  }
}

void Driver::playback_closed() {
  log::info("audio", "the speaker is closed");
  feed(input::PlaybackClosed{});
}

void Driver::playback_failed(const Failure& failure) {
  flush_asked_ns_ = 0;
  feed(input::PlaybackFailed{failure});
}

void Driver::playback_lost(const Failure& failure) {
  flush_asked_ns_ = 0;
  feed(input::PlaybackLost{failure});
}

void Driver::play_started(std::uint64_t turn, std::int64_t received_ns, std::int64_t accepted_ns,
                          std::int64_t heard_ns) {
  statistics_.wire_to_device.add(accepted_ns - received_ns);
  feed(input::PlayStarted{turn, accepted_ns, heard_ns});
}

void Driver::played(const audio::Played& played) {
  // Of the turn before the one that is held the end may come after the word that it is held.
  if (played.cut) held_ = false;
  if (played.cut && played.silent_ns != 0 && flush_asked_ns_ != 0) {
    statistics_.interrupt_to_silence.add(played.silent_ns - flush_asked_ns_);
    flush_asked_ns_ = 0;
  }
  const auto end_ns = played.end_ns != 0 ? played.end_ns : played.silent_ns;
  feed(input::Played{played.turn, played.heard_ms, end_ns});
}

}  // namespace gv::session
