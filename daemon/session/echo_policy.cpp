#include "daemon/session/echo_policy.hpp"

namespace gv::session {

void EchoPolicy::begin(config::Echo wanted, bool built_in) {
  *this = {};
  wanted_ = wanted;
  built_in_ = built_in;
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
  return built_in_ ? EchoMode::cancel : EchoMode::half_duplex;
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
