#include "daemon/audio/alsa_devices.hpp"

#include <cstdlib>
#include <memory>

#include <alsa/asoundlib.h>

#include "daemon/audio/alsa_error.hpp"

namespace gv::audio {
namespace {

std::string hint(const void* entry, const char* id) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> text(snd_device_name_get_hint(entry, id));
  return text ? text.get() : "";
}

std::string one_line(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
    text.replace(at, 1, ", ");
  }
  return text;
}

}  // namespace

std::vector<DeviceName> list_devices() {
  route_alsa_messages();
  std::vector<DeviceName> result;
  void** hints = nullptr;
  if (snd_device_name_hint(-1, "pcm", &hints) < 0) return result;
  for (void** entry = hints; *entry != nullptr; ++entry) {
    const std::string name = hint(*entry, "NAME");
    if (name.empty() || name == "null") continue;
    const std::string description = one_line(hint(*entry, "DESC"));
    const std::string only = hint(*entry, "IOID");  // empty: both
    if (only != "Output") result.push_back({Direction::capture, name, description});
    if (only != "Input") result.push_back({Direction::playback, name, description});
  }
  snd_device_name_free_hint(hints);
  return result;
}

}  // namespace gv::audio
