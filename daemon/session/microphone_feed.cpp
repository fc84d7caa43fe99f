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
// Live sound that a slow network makes later than this is given up, up to what is late by no more
// than that: one gap instead of an answer that comes later and later.
constexpr std::int64_t most_late_ns = 2'000'000'000;
constexpr std::int64_t late_again_ns = 500'000'000;
// With the key up so much is kept; a press asks for a part of it.
constexpr std::int64_t before_press_ns = 1'000'000'000;
constexpr std::int64_t longest_wait_ns =
    std::int64_t{MicrophoneFeed::kept_frames} * 62'500;  // at 16 kHz

}  // namespace

void MicrophoneFeed::begin(bool by_key) {
  by_key_ = by_key;
  key(false, 0);
  forget();
  uplink_.limit(by_key ? kept_frames_by_key : kept_frames);
}

void MicrophoneFeed::key(bool down, std::int64_t at_ns) {
  key_down_ = down;
  key_moved_ns_ = at_ns;
}

std::size_t MicrophoneFeed::heard(std::span<const std::int16_t> samples, std::int64_t captured_ns) {
  if (by_key_ && !key_down_) uplink_.drop(key_moved_ns_ + drain_ns, captured_ns - before_press_ns);
  const Uplink::Chunk* oldest = uplink_.going(samples.size());
  const bool lost = oldest != nullptr && oldest->number > sent_ &&
                    std::ranges::any_of(stretches_, [oldest](const Stretch& stretch) {
                      return stretch.holds(*oldest);
                    });
  const std::size_t frames = lost ? oldest->samples.size() : 0;
  uplink_.keep(samples, captured_ns);
  return frames;
}

void MicrophoneFeed::forget() {
  uplink_.clear();
  missed_ns_ = 0;
}

void MicrophoneFeed::send(std::int64_t since_ns, std::int64_t until_ns, bool activity) {
  const Uplink::Chunk* newest = uplink_.newest();
  const std::int64_t now_ns = newest != nullptr ? newest->captured_ns : since_ns;
  // A connection that was lost before it had all of the first words.
  const std::int64_t missed_ns = std::exchange(missed_ns_, 0);
  if (!activity && missed_ns != 0 && now_ns - missed_ns <= longest_wait_ns) {
    since_ns = std::min(since_ns, missed_ns);
  }
  stretches_.push_back(
      {.since_ns = since_ns, .until_ns = until_ns, .activity = activity, .said_before_ns = now_ns});
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
  const bool live = !stretches_.empty() && !stretches_.front().activity;
  const auto* unsent = live ? uplink_.next(sent_, stretches_.front().since_ns) : nullptr;
  missed_ns_ = unsent != nullptr ? unsent->begin_ns() : 0;
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
    const Kind kind = !stretch.activity ? Kind::sent
                      : stretch.begun   ? Kind::activity_end
                                        : Kind::empty_activity;
    stretches_.pop_front();
    return Piece{kind, {}, false};
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
  const bool may_drop = !stretches_.front().activity;
  if (may_drop && (newest ? unsent_bytes > max_unsent_bytes : too_late(chunk, unsent_bytes))) {
    sent_ = chunk.number;
    return Piece{Kind::dropped_audio, chunk.samples, newest};
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

// What was said before it was asked for waits as long as it can.
bool MicrophoneFeed::too_late(const Uplink::Chunk& chunk, std::size_t unsent_bytes) {
  if (chunk.captured_ns <= stretches_.front().said_before_ns) return false;
  const std::int64_t newest_ns = uplink_.newest()->captured_ns;
  const bool late = newest_ns - chunk.captured_ns > most_late_ns;
  if (late && unsent_bytes > max_unsent_when_late) skip_until_ns_ = newest_ns - late_again_ns;
  return chunk.captured_ns <= skip_until_ns_;
}

// Nothing to send yet. An open activity does not wait in silence for ever.
std::optional<MicrophoneFeed::Piece> MicrophoneFeed::silence(const Stretch& stretch,
                                                             std::int64_t now_ns) {
  if (stretch.until_ns != no_end) {
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
