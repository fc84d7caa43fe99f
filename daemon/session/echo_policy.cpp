#include "daemon/session/echo_policy.hpp"

#include <cmath>

namespace gv::session {
namespace {

// About ten seconds of an answer: a canceller that works has one such second at most, whatever is
// said meanwhile (tests/echo).
constexpr unsigned most_bad_s = 5;

}  // namespace

void EchoPolicy::begin(config::Echo wanted, bool built_in) {
  *this = {};
  wanted_ = wanted;
  built_in_ = built_in;
}

void EchoPolicy::playing_to(bool headphones) {
  headphones_ = headphones;
  bad_erle_db_.reset();
}

void EchoPolicy::measured(const audio::Levels& levels) {
  if (!automatic() || mode() != EchoMode::cancel || levels.bad_s < most_bad_s) return;
  bad_erle_db_ = levels.erle_db.value_or(0);
}

EchoMode EchoPolicy::mode() const {
  switch (wanted_) {
    case config::Echo::off:
      return EchoMode::off;
    case config::Echo::half_duplex:
      return EchoMode::half_duplex;
    case config::Echo::cancel:
      return able() ? EchoMode::cancel : EchoMode::half_duplex;
    case config::Echo::automatic:
      break;
  }
  if (headphones_) return EchoMode::off;
  return able() && !bad_erle_db_ ? EchoMode::cancel : EchoMode::half_duplex;
}

std::string EchoPolicy::why() const {
  const bool cancel_wanted = wanted_ == config::Echo::cancel || (automatic() && !headphones_);
  if (cancel_wanted && !built_in_) return "no echo cancellation is built in";
  if (cancel_wanted && broken_) return "the echo canceller does not start";
  if (!automatic()) return "configured";
  if (headphones_) return "headphones are plugged in";
  if (bad_erle_db_) {
    return "the canceller takes only " + std::to_string(std::lround(*bad_erle_db_)) +
           " dB of the echo away";
  }
  return "no headphones are known of";
}

audio::EchoHandling handling(EchoMode mode) {
  switch (mode) {
    case EchoMode::cancel:
      return audio::EchoHandling::cancel;
    case EchoMode::half_duplex:
      return audio::EchoHandling::half_duplex;
    case EchoMode::off:
      break;
  }
  return audio::EchoHandling::off;
}

}  // namespace gv::session
