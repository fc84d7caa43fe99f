// Opening the first device of a list that works.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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
  bool prove = false;   // a microphone counts only once it has delivered something
  std::string reasons;  // why those before `first` could not be opened
  std::shared_ptr<OpenCount> count;
};

// How an opening gets on; for the thread that waits for it.
struct OpenProgress {
  std::atomic<bool> wanted{true};  // false: do not go on
  std::atomic<std::size_t> index{0};
  std::atomic<std::int64_t> since_ns{0};  // that one is being tried
};

struct OpenResult {
  std::optional<AlsaPcm> pcm;  // a microphone runs already
  std::size_t index = 0;       // of its name in the list
  Failure failure;             // where there is no pcm
};

// How long a microphone has to deliver its first samples, and a speaker to play them: a Bluetooth
// headset takes 2 to 3 s until its transport is up.
inline constexpr int first_sound_limit_ms = 3500;

// Throws FailureError (device_unavailable) that tells of each device. Blocks as long as AlsaPcm's
// open() and, to prove a microphone, first_sound_limit_ms for each.
OpenResult open_first(const OpenTask& task, OpenProgress& progress);

std::string opening_failed(Direction direction, const std::string& reasons);

}  // namespace gv::audio
