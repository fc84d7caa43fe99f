// The contract's words for the enums of the port.
#include "daemon/session/control.hpp"

namespace gv::session {

std::string_view contract_name(State state) {
  switch (state) {
    case State::idle:
      return "idle";
    case State::connecting:
      return "connecting";
    case State::listening:
      return "listening";
    case State::thinking:
      return "thinking";
    case State::speaking:
      return "speaking";
    case State::reconnecting:
      return "reconnecting";
  }
  return "";
}

std::string_view contract_name(EchoMode mode) {
  switch (mode) {
    case EchoMode::cancel:
      return "cancel";
    case EchoMode::half_duplex:
      return "half-duplex";
    case EchoMode::off:
      return "off";
  }
  return "";
}

std::string_view contract_name(Role role) {
  switch (role) {
    case Role::user:
      return "user";
    case Role::model:
      return "model";
    case Role::tool:
      return "tool";
  }
  return "";
}

std::string_view contract_name(EndReason reason) {
  switch (reason) {
    case EndReason::user:
      return "user";
    case EndReason::idle:
      return "idle";
    case EndReason::hung_up:
      return "hung-up";
    case EndReason::budget:
      return "budget";
    case EndReason::error:
      return "error";
  }
  return "";
}

}  // namespace gv::session
