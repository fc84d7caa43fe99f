#include "daemon/audio/alsa_error.hpp"

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include <alsa/asoundlib.h>

#include "daemon/util/log.hpp"

namespace gv::audio {
namespace {

void log_message(const char* /*file*/, int /*line*/, const char* function, int error,
                 const char* format, ...) {
  if (log::level() < log::Level::debug) return;
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  try {
    std::string line = std::string(function) + ": " + text.data();
    if (error != 0) line += std::string(": ") + snd_strerror(error);
    log::debug("alsa", line);
  } catch (...) {  // called from C
    return;
  }
}

std::string server_hint() {
  // Without it libpulse and PipeWire do not find their socket: plain ssh, a wrong sudo.
  return std::getenv("XDG_RUNTIME_DIR") == nullptr ? " (XDG_RUNTIME_DIR is not set)" : "";
}

}  // namespace

AlsaError::AlsaError(std::string step, int code)
    : std::runtime_error(step + ": " + snd_strerror(code)), step_(std::move(step)), code_(code) {}

std::string explain(int code) {
  switch (-code) {
    case EBUSY:
      return "in use by another program";
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return "there is no such device";
    case ECONNREFUSED:
    case EHOSTDOWN:
      return "the sound server cannot be reached" + server_hint();
    case EACCES:
    case EPERM:
      return "not permitted";
    case EINVAL:
      return "the device does not take what was asked";
    case ETIMEDOUT:
      return "it delivers nothing";
    case EIO:
      return "input/output error" + server_hint();
    default:
      return snd_strerror(code);
  }
}

std::string explain(const AlsaError& error) {
  // A card number that cannot be, a PCM definition with an error in it.
  if (error.code() == -EINVAL && error.step() == opening_step) return "not a valid device name";
  return explain(error.code());
}

void route_alsa_messages() {
  static std::once_flag once;
  std::call_once(once, [] { snd_lib_error_set_handler(&log_message); });
}

}  // namespace gv::audio
