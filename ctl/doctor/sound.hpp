// Sound: the server, ALSA's way to it, and whether the devices of the configuration open. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/audio_check.hpp"
#include "ctl/finding.hpp"
#include "daemon/config/config.hpp"

namespace gv::ctl {

struct SoundFacts {
  enum class RuntimeFolder { there, unset, missing, of_another };
  RuntimeFolder runtime = RuntimeFolder::there;  // XDG_RUNTIME_DIR
  std::string runtime_name;
  // Somebody takes connections there.
  bool pipewire = false;
  bool pulse = false;
  std::string pulse_elsewhere;  // $PULSE_SERVER where it is no socket of this machine
  bool card = false;            // the kernel knows a sound card
  // ALSA's plug-ins.
  bool pulse_plugin = false;
  bool pipewire_plugin = false;
  std::string default_device;  // what ALSA says of its "default"; empty: it has none

  std::string not_tried;  // why the devices were not opened; empty: they were
  AudioCheck::Side capture;
  AudioCheck::Side playback;
};

Findings judge_sound(const SoundFacts& facts, const config::Audio& wanted);

}  // namespace gv::ctl
