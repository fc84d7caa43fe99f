// PlaybackStream while somebody speaks.
#include <algorithm>
#include <numeric>

#include "daemon/audio/playback_stream.hpp"

namespace gv::audio {
namespace {

constexpr double ducked_level = 0.125;  // -18 dB
// The card may have fetched more than it says.
constexpr long safe_us = 2000;
// Whatever is asked for, an answer is not softer or silent for longer: the one who asked has its
// own, shorter limits.
constexpr std::int64_t longest_ns = 6'000'000'000;

}  // namespace

double PlaybackStream::level() const {
  return reflex_ == Reflex::ducked ? ducked_level : 1;
}

bool PlaybackStream::reacts() const {
  return playing_ && (pcm_ || away()) && !lost_ && !resuming_ && !queue_.flush_pending();
}

bool PlaybackStream::duck(std::int64_t speech_ns) {
  if (!reacts() || reflex_ != Reflex::none) return false;
  reflex_ = Reflex::ducked;
  const std::optional<std::uint64_t> position = take_back();
  gain_.ramp(position.value_or(tracker_.written()), level(), fade_frames);
  if (position) stage_again(*position);
  begin_reflex(Reflex::ducked, speech_ns);
  return true;
}

bool PlaybackStream::hold(std::int64_t speech_ns) {
  if (!reacts() || reflex_ == Reflex::held) return false;
  const std::optional<std::uint64_t> from = take_back();
  const std::uint64_t position = unwrite(from);
  // The end of the answer is as good as heard.
  const bool over = queue_empty() && !tracker_.turn_open();
  finishing_ = false;
  if (!over) {
    reflex_ = Reflex::held;
    jitter_.rest();
    // Its first samples fade out, and are heard again when it goes on, fading in: none is missing.
    const std::vector<std::int16_t> fade = next_sound(fade_frames);
    gain_.ramp(position, 0, fade_frames);
    const unsigned period = info_.period_frames * playback_rate / info_.rate;
    gap_ = true;
    stage_silence(fade_frames + period, fade);
  }
  if (from) stage_again(*from);
  if (over) {
    go_on();
  } else {
    begin_reflex(Reflex::held, speech_ns);
  }
  return !over;
}

void PlaybackStream::begin_reflex(Reflex reflex, std::int64_t speech_ns) {
  reflex_until_ = now_ns() + longest_ns;
  speech_ns_ = speech_ns;
  go_on();
  const bool held = reflex == Reflex::held;
  ++(held ? context_.counters.holds : context_.counters.ducks);
  context_.events.post(BargeInEvent{held ? BargeInEvent::Kind::held : BargeInEvent::Kind::ducked,
                                    speech_ns, now_ns()});
}

void PlaybackStream::restore() {
  if (reflex_ == Reflex::none || queue_.flush_pending()) return;
  end_reflex();
  go_on();
}

void PlaybackStream::end_reflex() {
  const bool held = reflex_ == Reflex::held;
  reflex_ = Reflex::none;
  const std::optional<std::uint64_t> from = take_back();
  if (held) {
    unwrite(from);
    gap_ = true;
  } else {
    gain_.ramp(from.value_or(tracker_.written()), level(), fade_frames);
  }
  if (from) stage_again(*from);
  ++context_.counters.restores;
  context_.events.post(BargeInEvent{BargeInEvent::Kind::restored, speech_ns_, now_ns()});
}

// Gives the device what it has room for, now.
void PlaybackStream::go_on() {
  if (pcm_) lost_ = service(now_ns(), false);
}

// What can still be changed is the device's no longer. Returns the position of its first sample;
// nothing where what is staged is on its way to a device, or waits for one.
std::optional<std::uint64_t> PlaybackStream::take_back() {
  if (!pcm_ || lost_ || resuming_) return std::nullopt;
  const auto rate = static_cast<long>(info_.rate);
  // To a frame that is one of the answer's as well.
  const long unit = rate / std::gcd(rate, static_cast<long>(playback_rate));
  // Not beyond what is known.
  const std::uint64_t oldest = tracker_.written() - recent_.size();
  const std::uint64_t position = base_ + written_ * playback_rate / info_.rate;
  const auto known = static_cast<long>(position > oldest ? to_device(position - oldest) : 0);
  const long most = std::min(
      {pcm_->rewindable() - safe_us * rate / 1'000'000, static_cast<long>(written_), known});
  if (most > 0) {
    const long rest = static_cast<long>(written_ % static_cast<std::uint64_t>(unit));
    const long wanted = most < rest ? 0 : most - (most - rest) % unit;
    written_ -= static_cast<std::uint64_t>(pcm_->rewind(wanted));
  }
  const std::uint64_t end = base_ + written_ * playback_rate / info_.rate;
  if (tap_ != nullptr && end < position) tap_->took_back(position - end);
  return end;
}

// The sound from there on is given to the device anew, with the gain that it has now.
void PlaybackStream::stage_again(std::uint64_t position) {
  staged_.clear();
  staged_offset_ = 0;
  resampler_->reset();
  const std::uint64_t tail = tracker_.written() - position;
  // Before it, what the filter remembers.
  const std::uint64_t step = playback_rate / std::gcd(info_.rate, playback_rate);
  const std::uint64_t memory =
      std::min<std::uint64_t>(recent_.size() - tail, std::uint64_t{2} * resampler_->latency()) /
      step * step;
  std::vector<std::int16_t> sound(recent_.end() - static_cast<std::ptrdiff_t>(tail + memory),
                                  recent_.end());
  shape(position - memory, sound);
  resampler_->process(sound, staged_);
  const std::uint64_t known = to_device(memory);
  staged_offset_ = std::min<std::size_t>(known, staged_.size());
  skip_ = known - staged_offset_;
}

// Sound that was taken back is to be read once more. Returns where the stream ends now.
std::uint64_t PlaybackStream::unwrite(std::optional<std::uint64_t> position) {
  if (!position) return tracker_.written();
  const std::uint64_t oldest = tracker_.written() - recent_.size();
  std::vector<Backlog::Piece> pieces;
  for (const TurnTracker::Taken& one : tracker_.take_back(*position)) {
    const auto first = recent_.begin() + static_cast<std::ptrdiff_t>(one.begin - oldest);
    const auto last = recent_.begin() + static_cast<std::ptrdiff_t>(one.end - oldest);
    Backlog::Piece piece{one.turn, {first, last}, std::nullopt, one.ended};
    for (const Start& start : starts_) {
      if (start.position == one.begin) piece.received_ns = start.received_ns;
    }
    pieces.push_back(std::move(piece));
  }
  std::erase_if(starts_, [&position](const Start& one) { return one.position >= *position; });
  recent_.resize(*position - oldest);
  backlog_.push_front(std::move(pieces));
  return *position;
}

// A look at what is read next.
std::vector<std::int16_t> PlaybackStream::next_sound(unsigned frames) {
  std::vector<std::int16_t> sound(frames);
  while (backlog_.frames() < frames) {
    const PlayoutQueue::Read got = queue_.read(sound);
    if (!got) break;
    const auto end = sound.begin() + static_cast<std::ptrdiff_t>(got.frames);
    Backlog::Piece piece{got.turn, {sound.begin(), end}, std::nullopt, got.end_of_turn};
    if (got.first_of_turn) piece.received_ns = got.received_ns;
    backlog_.push_back(std::move(piece));
  }
  sound.resize(backlog_.peek(sound));
  return sound;
}

}  // namespace gv::audio
