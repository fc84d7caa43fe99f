#include "tests/fuzz/hearing.hpp"

#include <array>
#include <utility>

namespace gv::fuzz {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t chunk_ms = 100;
constexpr std::size_t chunk_frames = chunk_ms * 16;
constexpr std::size_t remembered = 400;  // chunks; more than any ring holds
constexpr std::size_t unsent_when_stuck = 1'000'000;

}  // namespace

void Hearing::begin(bool by_key) {
  feed_.begin(by_key);
}

void Hearing::hear(std::int64_t until_ns) {
  const std::uint64_t number = first_ + captured_ns_.size();
  std::array<std::int16_t, chunk_frames> chunk{};
  chunk[0] = static_cast<std::int16_t>(number & 0x7fffU);
  chunk[1] = static_cast<std::int16_t>(number >> 15U);
  captured_ns_.push_back(until_ns);
  if (captured_ns_.size() > remembered) {
    captured_ns_.pop_front();
    ++first_;
  }
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
  const std::uint64_t number =
      static_cast<std::uint64_t>(samples[0]) + (static_cast<std::uint64_t>(samples[1]) << 15U);
  if (!asked.by_key || number == 0) return;  // 0: silence, for a device that has stalled
  require_(number >= first_, "what goes out was heard lately");
  const auto captured_ns = captured_ns_[number - first_];
  require_(captured_ns > asked.since_ns && captured_ns - chunk_ms * ms < asked.until_ns,
           "only what was said with the key down goes out");
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
