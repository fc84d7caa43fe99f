// libasound's errors in words, and its own messages in our log.
#pragma once

#include <stdexcept>
#include <string>

namespace gv::audio {

// A step of opening or running a PCM that failed. code: negative errno of libasound.
class AlsaError : public std::runtime_error {
 public:
  AlsaError(std::string step, int code);
  int code() const { return code_; }
  const std::string& step() const { return step_; }

 private:
  std::string step_;
  int code_;
};

// Why, for a person: "in use by another program".
std::string explain(int code);
std::string explain(const AlsaError& error);

// The step in which ALSA looks up a PCM by its name.
inline constexpr const char* opening_step = "opening it";

// libasound prints to stderr unless told otherwise: its messages become log lines at debug.
void route_alsa_messages();

}  // namespace gv::audio
