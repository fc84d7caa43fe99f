#include "daemon/session/microphone_feed.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gv::session {
namespace {

// Above this much unsent audio (about one second of base64) live sound is not sent: the socket
// library itself has no limit.
constexpr std::size_t max_unsent_bytes = 48UL * 1024;
// Late sound waits in the uplink and not in the socket library.
constexpr std::size_t max_unsent_when_late = 12UL * 1024;
// The step of late sound: some chunks at a time, so that the loop is not woken for each.
constexpr std::int64_t step_ns = 20'000'000;
// How long after the release the last sample of a press may come out of the device.
constexpr std::int64_t drain_ns = 300'000'000;
// A device that says nothing for so long is replaced by silence: an activity in which nothing comes
// ends in the service's time-outs (audio.md 5).
constexpr std::int64_t stalled_ns = 500'000'000;
constexpr std::array<std::int16_t, 1600> silent_100_ms{};
constexpr std::int64_t silent_ns = 100'000'000;

}  // namespace

void MicrophoneFeed::send(std::int64_t since_ns, bool activity) {
  if (!activity) stretches_.clear();
  stretches_.push_back({.since_ns = since_ns, .activity = activity});
}

void MicrophoneFeed::end(std::int64_t until_ns) {
  if (!stretches_.empty()) stretches_.back().until_ns = until_ns;
}

bool MicrophoneFeed::cut() {
  const bool open = !stretches_.empty() && stretches_.front().activity && stretches_.front().begun;
  stretches_.clear();
  due_ns_ = 0;
  return open;
}

void MicrophoneFeed::disconnected() {
  cut();
  sent_ = 0;
}

std::optional<MicrophoneFeed::Piece> MicrophoneFeed::next(std::int64_t now_ns,
                                                          std::size_t unsent_bytes) {
  due_ns_ = 0;
  if (stretches_.empty()) return std::nullopt;
  Stretch& stretch = stretches_.front();
  const Uplink::Chunk* chunk = uplink_.next(sent_, stretch.since_ns);
  if (over(stretch, chunk, now_ns)) {
    const bool begun = stretch.begun;
    stretches_.pop_front();
    return Piece{begun ? Kind::activity_end : Kind::empty_activity, {}, false};
  }
  if (chunk == nullptr) return silence(stretch, now_ns);
  if (stretch.activity && !std::exchange(stretch.begun, true)) {
    last_audio_ns_ = now_ns;
    return Piece{Kind::activity_start, {}, false};
  }
  return next_audio(*chunk, now_ns, unsent_bytes);
}

// Its last sample has been given, or does not come.
bool MicrophoneFeed::over(const Stretch& stretch, const Uplink::Chunk* chunk,
                          std::int64_t now_ns) const {
  if (chunk != nullptr) return chunk->begin_ns() >= stretch.until_ns;
  const Uplink::Chunk* newest = uplink_.newest();
  if (newest != nullptr && newest->captured_ns >= stretch.until_ns) return true;
  return now_ns - drain_ns >= stretch.until_ns;
}

std::optional<MicrophoneFeed::Piece> MicrophoneFeed::next_audio(const Uplink::Chunk& chunk,
                                                                std::int64_t now_ns,
                                                                std::size_t unsent_bytes) {
  const bool newest = &chunk == uplink_.newest();
  // By key nothing is dropped: its activity may be late, but not in pieces.
  if (newest && unsent_bytes > max_unsent_bytes && !stretches_.front().activity) {
    sent_ = chunk.number;
    return Piece{Kind::dropped_audio, chunk.samples, true};
  }
  const bool live = newest && !stretches_.front().activity;
  const std::int64_t when = pace_.when(chunk.length_ns(), now_ns);
  const bool congested = !live && unsent_bytes > max_unsent_when_late;
  if (congested || when > now_ns) {
    due_ns_ = std::max(when, now_ns + step_ns);
    return std::nullopt;
  }
  pace_.sent(chunk.length_ns(), now_ns);
  sent_ = chunk.number;
  last_audio_ns_ = now_ns;
  return Piece{Kind::audio, chunk.samples, newest};
}

// Nothing to send yet. An open activity does not wait in silence for ever.
std::optional<MicrophoneFeed::Piece> MicrophoneFeed::silence(const Stretch& stretch,
                                                             std::int64_t now_ns) {
  if (stretch.until_ns != std::numeric_limits<std::int64_t>::max()) {
    due_ns_ = stretch.until_ns + drain_ns;
    return std::nullopt;
  }
  if (!stretch.activity || !stretch.begun) return std::nullopt;
  if (now_ns - last_audio_ns_ < stalled_ns) {
    due_ns_ = last_audio_ns_ + stalled_ns;
    return std::nullopt;
  }
  last_audio_ns_ = now_ns - stalled_ns + silent_ns;
  return Piece{Kind::audio, silent_100_ms, false};
}

}  // namespace gv::session
