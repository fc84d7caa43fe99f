#include "daemon/session/push_to_talk.hpp"

#include <algorithm>
#include <utility>

namespace gv::session {

TalkKey::Change TalkKey::begin(std::int64_t now_ns) {
  state_ = pressed(now_ns);
  since_ns_ = last_edge_ns_ = now_ns;
  heard_ = speaking_ || murmuring_;
  spoke_ = word_ = unlatching_ = false;
  return Change::began;
}

// What a press makes of the key: its release may have been here already.
TalkKey::State TalkKey::pressed(std::int64_t now_ns) {
  const auto release = std::exchange(stray_release_ns_, std::nullopt);
  return release && now_ns - *release <= overtaking_ns ? State::releasing : State::held;
}

TalkKey::Change TalkKey::end(std::int64_t until_ns, State next) {
  state_ = next;
  until_ns_ = until_ns;
  return Change::ended;
}

TalkKey::Change TalkKey::press(std::int64_t now_ns) {
  switch (state_) {
    case State::up:
      return begin(now_ns);
    case State::spent:
      if (fresh(now_ns)) return begin(now_ns);
      released_ = false;
      break;
    case State::latched:
      unlatching_ = true;
      [[fallthrough]];
    case State::held:
    case State::releasing:
      state_ = pressed(now_ns);
      break;
  }
  last_edge_ns_ = now_ns;
  return Change::none;
}

TalkKey::Change TalkKey::release(std::int64_t now_ns) {
  switch (state_) {
    case State::held:
      state_ = State::releasing;
      word_ = spoke_ && now_ns - since_ns_ >= word_ns;
      last_edge_ns_ = now_ns;
      break;
    case State::spent:
      released_ = true;
      last_edge_ns_ = now_ns;
      break;
    case State::up:
    case State::latched:
      stray_release_ns_ = now_ns;
      break;
    case State::releasing:
      break;
  }
  return Change::none;
}

void TalkKey::voice(bool speaking, std::int64_t now_ns) {
  speaking_ = speaking;
  if (!speaking) quiet_since_ns_ = now_ns;
  heard_ = heard_ || speaking;
  spoke_ = spoke_ || (speaking && state_ == State::held);
}

void TalkKey::faint_voice(bool speaking) {
  murmuring_ = speaking;
  heard_ = heard_ || speaking;
}

void TalkKey::understood(std::int64_t now_ns) {
  heard_ = true;
  quiet_since_ns_ = now_ns;
}

TalkKey::Change TalkKey::tick(std::int64_t now_ns) {
  const auto due = deadline_ns();
  if (!due || now_ns < *due) return Change::none;
  switch (state_) {
    case State::releasing:
      if (word_ || unlatching_ || last_edge_ns_ - since_ns_ >= tap_ns)
        return end(last_edge_ns_, State::up);
      state_ = State::latched;
      break;
    case State::held:
      released_ = false;
      return end(now_ns, State::spent);
    case State::latched:
      return end(now_ns, State::up);
    case State::up:
    case State::spent:
      break;
  }
  return Change::none;
}

TalkKey::Change TalkKey::spend(std::int64_t now_ns) {
  switch (state_) {
    case State::held:
    case State::releasing:
      released_ = state_ == State::releasing;
      return end(now_ns, State::spent);
    case State::latched:
      return end(now_ns, State::up);
    case State::up:
    case State::spent:
      break;
  }
  return Change::none;
}

bool TalkKey::talking() const {
  return state_ == State::held || state_ == State::releasing || state_ == State::latched;
}

bool TalkKey::fresh(std::int64_t now_ns) const {
  if (state_ != State::spent) return !talking();
  return now_ns - last_edge_ns_ > (released_ ? debounce_ns : repeat_delay_ns);
}

std::optional<std::int64_t> TalkKey::deadline_ns() const {
  if (!talking()) return std::nullopt;
  if (state_ == State::releasing) return last_edge_ns_ + debounce_ns;
  const std::int64_t cap = since_ns_ + longest_ns;
  if (speaking_) return cap;
  if (state_ == State::latched && !heard_) return since_ns_ + unspoken_tap_ns;
  return std::min(cap, std::max(last_edge_ns_, quiet_since_ns_) + lost_release_ns);
}

}  // namespace gv::session
