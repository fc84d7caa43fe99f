// Opening the first device of a list that works.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/audio/alsa_pcm.hpp"
#include "daemon/audio/engine.hpp"

namespace gv::audio {

struct OpenTask {
  Direction direction = Direction::capture;
  std::vector<std::string> devices;  // tried in order, from `first` on
  std::size_t first = 0;
  unsigned period_ms = 20;
  bool prove = false;  // a microphone counts only once it has delivered something
};

struct OpenResult {
  std::optional<AlsaPcm> pcm;  // a microphone runs already
  std::size_t index = 0;       // of its name in the list
  Failure failure;             // where there is no pcm
};

// Throws FailureError (device_unavailable) that tells of each device. Blocks as long as AlsaPcm's
// open() and, to prove a microphone, 2 s for each.
OpenResult open_first(const OpenTask& task);

}  // namespace gv::audio
