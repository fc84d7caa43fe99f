// How gemini-voice-secret ends: what its exit status tells whoever runs it.
#pragma once

namespace gv::keys {

inline constexpr const char* secret_program = "gemini-voice-secret";

enum class SecretExit {
  done = 0,
  usage = 2,
  no_service = 3,  // nothing on the session bus is a Secret Service
  not_found = 4,   // it has no key of ours
  refused = 5,     // the user, or the service, did not let us; standard error says why
};

}  // namespace gv::keys
