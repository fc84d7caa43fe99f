#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <alsa/asoundlib.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/doctor/gather.hpp"
#include "daemon/audio/alsa_devices.hpp"

namespace gv::ctl {
namespace {

constexpr std::chrono::milliseconds open_limit{5'000};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A UNIX socket takes connections, or refuses them, at once.
bool takes_connections(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool taken =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return taken;
}

void look_at_runtime_folder(SoundFacts& facts) {
  using Folder = SoundFacts::RuntimeFolder;
  facts.runtime_name = environment("XDG_RUNTIME_DIR");
  struct stat info {};
  if (facts.runtime_name.empty()) {
    facts.runtime = Folder::unset;
  } else if (::stat(facts.runtime_name.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    facts.runtime = Folder::missing;
  } else if (info.st_uid != ::geteuid()) {
    facts.runtime = Folder::of_another;
  }
}

void look_for_servers(SoundFacts& facts) {
  const std::string& runtime = facts.runtime_name;
  const std::string remote = environment("PIPEWIRE_REMOTE");
  std::string folder = environment("PIPEWIRE_RUNTIME_DIR");
  if (folder.empty()) folder = runtime;
  const std::string socket = remote.empty() ? "pipewire-0" : remote;
  facts.pipewire = takes_connections(socket.starts_with('/') ? socket : folder + '/' + socket);
  std::string server = environment("PULSE_SERVER");
  if (server.empty()) {
    facts.pulse = !runtime.empty() && takes_connections(runtime + "/pulse/native");
    return;
  }
  if (server.starts_with("unix:")) server.erase(0, 5);
  if (server.starts_with('/')) {
    facts.pulse = takes_connections(server);
  } else {
    facts.pulse_elsewhere = server;
  }
}

bool has_plugin(const char* name) {
  std::array<char, 4096> path{};
  const std::string file = std::string("libasound_module_pcm_") + name + ".so";
  return ::snd_dlpath(path.data(), path.size(), file.c_str()) >= 0 &&
         ::access(path.data(), R_OK) == 0;
}

bool has_card() {
  int card = -1;
  return ::snd_card_next(&card) == 0 && card >= 0;
}

std::string default_device() {
  for (const audio::DeviceName& device : audio::list_devices()) {
    if (device.name == "default") return device.description;
  }
  return {};
}

}  // namespace

SoundFacts gather_sound(const config::Audio& wanted, const std::string& not_tried) {
  SoundFacts facts;
  look_at_runtime_folder(facts);
  look_for_servers(facts);
  facts.card = has_card();
  facts.pulse_plugin = has_plugin("pulse");
  facts.pipewire_plugin = has_plugin("pipewire");
  facts.default_device = default_device();
  facts.not_tried = not_tried;
  if (!not_tried.empty()) return facts;
  audio::CaptureSpec capture;
  capture.devices = wanted.capture_devices;
  capture.period_ms = static_cast<unsigned>(wanted.period.count());
  audio::PlaybackSpec playback;
  playback.devices = wanted.playback_devices;
  playback.period_ms = capture.period_ms;
  AudioCheck check = open_devices(capture, playback, open_limit);
  facts.capture = std::move(check.capture);
  facts.playback = std::move(check.playback);
  return facts;
}

}  // namespace gv::ctl
