#include "tests/fuzz/hearing.hpp"

#include <array>
#include <utility>

namespace gv::fuzz {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t chunk_ms = 100;
constexpr std::size_t chunk_frames = chunk_ms * 16;
constexpr std::size_t digits = 4;  // samples that tell when their chunk was captured
constexpr std::size_t unsent_when_stuck = 1'000'000;

}  // namespace

void Hearing::begin(bool by_key) {
  feed_.begin(by_key);
}

void Hearing::hear(std::int64_t until_ns) {
  std::array<std::int16_t, chunk_frames> chunk{};
  for (std::size_t i = 0; i < digits; ++i)
    chunk[i] = static_cast<std::int16_t>((until_ns >> (15 * i)) & 0x7fff);
  feed_.heard(chunk, until_ns);
}

void Hearing::forget() {
  cut();
  feed_.forget();
}

void Hearing::send(const session::action::SendMicrophone& send) {
  const auto until_ns = send.until_ns != 0 ? send.until_ns : session::MicrophoneFeed::no_end;
  asked_.push_back({send.since_ns, until_ns, send.by_key});
  feed_.send(send.since_ns, until_ns, send.by_key);
}

void Hearing::end(std::int64_t until_ns) {
  if (!asked_.empty()) asked_.back().until_ns = until_ns;
  feed_.end(until_ns);
}

void Hearing::cut() {
  require_(feed_.cut() == open_, "an activity that is cut was open");
  open_ = false;
  asked_.clear();
}

void Hearing::disconnected() {
  feed_.disconnected();
  open_ = false;
  asked_.clear();
}

void Hearing::check_sound(std::span<const std::int16_t> samples) const {
  require_(!asked_.empty(), "nothing goes out that nobody asked for");
  const Asked& asked = asked_.front();
  require_(!asked.by_key || open_, "by key, sound goes out within an activity");
  std::int64_t captured_ns = 0;
  for (std::size_t i = 0; i < digits; ++i)
    captured_ns |= static_cast<std::int64_t>(samples[i]) << (15 * i);
  if (captured_ns == 0) return;  // silence, for a device that has stalled
  require_(captured_ns - chunk_ms * ms < asked.until_ns,
           "what is said with the key up again does not go out");
  // First words that a connection did not get go to the next one, whatever that asks for.
  require_(captured_ns > asked.since_ns || !asked.by_key,
           "what was said before the key went down does not go out");
}

std::deque<session::input::TalkSent> Hearing::pump(std::int64_t now_ns) {
  using Kind = session::MicrophoneFeed::Kind;
  std::deque<session::input::TalkSent> sent;
  while (const auto piece = feed_.next(now_ns, stuck_ ? unsent_when_stuck : 0)) {
    switch (piece->kind) {
      case Kind::audio:
        check_sound(piece->samples);
        break;
      case Kind::activity_start:
        require_(!std::exchange(open_, true), "one activity at a time");
        break;
      case Kind::activity_end:
        require_(std::exchange(open_, false), "what ends has begun");
        asked_.pop_front();
        sent.push_back({});
        break;
      case Kind::sent:
      case Kind::empty_activity:
        require_(!open_, "what has begun ends");
        asked_.pop_front();
        sent.push_back({.empty = piece->kind == Kind::empty_activity});
        break;
      case Kind::dropped_audio:
        require_(!asked_.front().by_key, "of a press nothing is dropped");
        break;
    }
  }
  return sent;
}

}  // namespace gv::fuzz
