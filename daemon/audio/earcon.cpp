#include "daemon/audio/earcon.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

#include "daemon/audio/engine.hpp"

namespace gv::audio {
namespace {

constexpr double amplitude = 0.11 * 32767;
constexpr double attack_s = 0.010;
constexpr double release_s = 0.030;
// Small speakers have little of the fundamental of a low note.
constexpr double overtone = 0.25;

struct Note {
  double hz;
  unsigned length_ms;
  unsigned rest_ms = 0;  // after it
};

// Rises and falls as a cosine does: from 0, and to 0.
double envelope(double at_s, double length_s) {
  const double near_end = std::min(at_s / attack_s, (length_s - at_s) / release_s);
  return near_end >= 1 ? 1 : 0.5 - 0.5 * std::cos(std::numbers::pi * near_end);
}

void play(const Note& note, std::vector<std::int16_t>& out) {
  const std::size_t frames = std::size_t{note.length_ms} * playback_rate / 1000;
  const double length_s = static_cast<double>(frames - 1) / playback_rate;
  for (std::size_t n = 0; n < frames; ++n) {
    const double at_s = static_cast<double>(n) / playback_rate;
    const double phase = 2 * std::numbers::pi * note.hz * at_s;
    const double wave = (std::sin(phase) + overtone * std::sin(2 * phase)) / (1 + overtone);
    out.push_back(
        static_cast<std::int16_t>(std::lround(amplitude * envelope(at_s, length_s) * wave)));
  }
  out.insert(out.end(), std::size_t{note.rest_ms} * playback_rate / 1000, 0);
}

}  // namespace

std::vector<std::int16_t> synthesise(Earcon which) {
  static constexpr Note start[]{{659.3, 80}, {987.8, 80}};
  static constexpr Note stop[]{{987.8, 60}, {659.3, 60}};
  static constexpr Note mute[]{{440, 100}};
  static constexpr Note unmute[]{{880, 100}};
  static constexpr Note error[]{{329.6, 70, 30}, {329.6, 90}};
  const auto notes = [which]() -> std::span<const Note> {
    switch (which) {
      case Earcon::start:
        return start;
      case Earcon::stop:
        return stop;
      case Earcon::mute:
        return mute;
      case Earcon::unmute:
        return unmute;
      case Earcon::error:
        break;
    }
    return error;
  }();
  std::vector<std::int16_t> sound;
  for (const Note& note : notes)
    play(note, sound);
  return sound;
}

}  // namespace gv::audio
