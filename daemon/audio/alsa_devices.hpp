// What sound devices there are. Any thread; takes some milliseconds.
#pragma once

#include <string>
#include <vector>

#include "daemon/audio/engine.hpp"

namespace gv::audio {

struct DeviceName {
  Direction direction = Direction::capture;
  std::string name;         // to be put into audio.capture.device or audio.playback.device
  std::string description;  // for people, one line
};

// The PCM names that ALSA's configuration offers; one that does both directions comes twice.
std::vector<DeviceName> list_devices();

}  // namespace gv::audio
