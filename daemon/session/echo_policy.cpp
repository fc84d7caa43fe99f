#include "daemon/session/echo_policy.hpp"

#include <algorithm>

namespace gv::session {
namespace {

// With less taken away than that, the service hears what the model says; a few seconds are what the
// canceller needs to learn a room (audio.md 3.1).
constexpr double least_erle_db = 8;
constexpr std::int64_t learning_ns = 8'000'000'000;
// An echo that much below what is played is no louder than a room.
constexpr double least_coupling_db = -40;
constexpr double least_speaker_dbfs = -60;
// Looked at more seldom than that, nobody knows what was between.
constexpr std::int64_t longest_look_ns = 500'000'000;

}  // namespace

void EchoPolicy::begin(config::Echo wanted, bool built_in) {
  *this = {};
  wanted_ = wanted;
  built_in_ = built_in;
}

void EchoPolicy::measured(const audio::Levels& levels, std::int64_t now_ns) {
  const std::int64_t passed_ns = std::min(now_ns - measured_ns_, longest_look_ns);
  measured_ns_ = now_ns;
  if (levels.speaker_dbfs < least_speaker_dbfs) return;  // nothing to learn from
  const bool bad = levels.erle_db && levels.coupling_db &&
                   *levels.erle_db<least_erle_db&& * levels.coupling_db> least_coupling_db;
  bad_ns_ = bad ? bad_ns_ + passed_ns : 0;
  bad_ = bad_ || bad_ns_ >= learning_ns;
}

EchoMode EchoPolicy::mode() const {
  switch (wanted_) {
    case config::Echo::off:
      return EchoMode::off;
    case config::Echo::half_duplex:
      return EchoMode::half_duplex;
    case config::Echo::cancel:
      return built_in_ ? EchoMode::cancel : EchoMode::half_duplex;
    case config::Echo::automatic:
      break;
  }
  if (headphones_) return EchoMode::off;
  return built_in_ && !bad_ ? EchoMode::cancel : EchoMode::half_duplex;
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
