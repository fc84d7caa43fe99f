// The driver's view of the audio engine, and what it makes of the microphone's sound.
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

// Above this much unsent audio (about one second of base64) the newest is dropped: the socket
// library itself has no limit.
constexpr std::size_t max_unsent_bytes = 48UL * 1024;

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
                              guarded("audio events", [this] { parts_.engine.dispatch(*this); });
                              watch_engine();
                            });
}

void Driver::capture_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("microphone", info));
  feed(input::CaptureOpened{});
}

void Driver::capture_closed() {
  log::info("audio", "the microphone is closed");
  uplink_.clear();  // what was said before a mute is not sent after it
  heard_voice(voice_.reset());
  feed(input::CaptureClosed{});
}

void Driver::capture_failed(const Failure& failure) {
  feed(input::CaptureFailed{failure});
}

void Driver::capture_lost(const Failure& failure) {
  heard_voice(voice_.reset());
  feed(input::CaptureLost{failure});
}

void Driver::captured(const audio::CaptureChunk& chunk) {
  uplink_.keep(chunk.view(), chunk.captured_ns);
  heard_voice(voice_.feed(chunk.view()));
  if (!machine_.wants_audio()) return;
  if (parts_.transport.buffered() > max_unsent_bytes) {
    statistics_.frames_dropped += chunk.frames;
    return;
  }
  const bool congested = parts_.transport.buffered() > 0;
  send_audio(chunk.view());
  if (congested) return;  // nobody can tell when it will be written
  // The transport writes in the loop's next turn; this runs right after it.
  asio::post(parts_.io, [this, captured_ns = chunk.captured_ns] {
    statistics_.mic_to_wire.add(now_ns() - captured_ns);
  });
}

void Driver::send_audio(std::span<const std::int16_t> samples) {
  parts_.transport.send(live::encode_audio(samples));
  statistics_.frames_sent += samples.size();
}

void Driver::heard_voice(std::optional<bool> change) {
  if (change) feed(input::Voice{*change});
}

void Driver::playback_opened(const audio::StreamInfo& info) {
  log::info("audio", describe("speaker", info));
  feed(input::PlaybackOpened{});
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

void Driver::play_started(std::uint64_t turn, std::int64_t received_ns, std::int64_t accepted_ns) {
  statistics_.wire_to_device.add(accepted_ns - received_ns);
  feed(input::PlayStarted{turn, accepted_ns});
}

void Driver::played(const audio::Played& played) {
  if (played.cut && played.silent_ns != 0 && flush_asked_ns_ != 0) {
    statistics_.interrupt_to_silence.add(played.silent_ns - flush_asked_ns_);
    flush_asked_ns_ = 0;
  }
  feed(input::Played{played.turn, played.heard_ms});
}

}  // namespace gv::session
