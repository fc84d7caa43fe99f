#include "tests/e2e/support/room.hpp"

#include <algorithm>
#include <cmath>

namespace gv::e2e {
namespace {

// The threads of speaker and microphone take turns; so late the echo is always there to be played.
// Nobody tells the daemon of this delay, nor of the microphone's buffer: they are part of the room.
unsigned turn_ms(const Bed& bed) {
  return bed.exact() ? 20 : 40;
}

}  // namespace

Room::Room(const Bed& bed, const Acoustics& acoustics)
    : paths_(paths(acoustics, bed.speaking_rate())),
      turn_(bed.speaking_rate() * turn_ms(bed) / 1000),
      speaker(bed, bed.speaking_rate()),
      microphone(bed, [this](std::span<std::int16_t> block) { add_echo(block); }) {
  microphone.begin();
}

std::vector<Room::Path> Room::paths(const Acoustics& acoustics, unsigned rate) {
  constexpr int reflections = 10;
  constexpr double decay = 0.75;
  const auto frames = [rate](double ms) { return static_cast<std::size_t>(ms * rate / 1000); };
  std::vector<Path> paths{{frames(acoustics.delay_ms), acoustics.direct}};
  std::uint32_t random = acoustics.seed;
  double ms = acoustics.delay_ms;
  double gain = acoustics.walls;
  for (int i = 0; i < reflections; ++i) {
    random = random * 1664525 + 1013904223;
    ms += 1 + static_cast<double>(random >> 24U) / 32;  // up to 9 ms
    paths.push_back({frames(ms), (random & 0x800000U) != 0 ? gain : -gain});
    gain *= decay;
  }
  return paths;
}

void Room::add_echo(std::span<std::int16_t> block) {
  const std::size_t reach = std::ranges::max(paths_, {}, &Path::delay).delay + turn_;
  if (!started_) {
    if (speaker.size() < reach) return;
    next_ = speaker.size() - turn_;
    started_ = true;
  }
  const std::size_t oldest = next_ - std::min(next_, reach);
  const std::vector<std::int16_t> played = speaker.samples(oldest, next_ + block.size());
  if (oldest + played.size() < next_ + block.size()) ++gaps_;
  for (std::size_t i = 0; i < block.size(); ++i) {
    double sum = block[i];
    for (const Path& path : paths_) {
      const std::size_t at = next_ + i;
      if (at < path.delay + oldest) continue;
      const std::size_t index = at - path.delay - oldest;
      if (index < played.size()) sum += path.gain * played[index];
    }
    block[i] = static_cast<std::int16_t>(std::clamp(std::round(sum), -32768.0, 32767.0));
  }
  next_ += block.size();
}

}  // namespace gv::e2e
