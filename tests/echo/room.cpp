#include "tests/echo/room.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gv::test {
namespace {

constexpr double sound_m_per_s = 343;
constexpr double rate = 16000;
constexpr int half = 12;  // of the filter that puts an image between two samples

void put(Signal& into, double at, double strength) {
  const int middle = static_cast<int>(std::floor(at));
  for (int n = std::max(0, middle - half + 1); n <= middle + half; ++n) {
    if (n >= static_cast<int>(into.size())) return;
    const double x = n - at;
    const double sinc =
        std::abs(x) < 1e-9 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
    const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / (half + 1));
    into[static_cast<std::size_t>(n)] += static_cast<float>(strength * sinc * window);
  }
}

}  // namespace

const std::array<Room, 4>& rooms() {
  static const std::array<Room, 4> all{{
      {"desk", {3.0, 4.0, 2.5}, {1.0, 1.5, 0.9}, {1.2, 1.8, 0.8}, 0.15},
      {"office", {4.0, 5.0, 2.6}, {1.1, 2.0, 1.0}, {1.7, 2.6, 0.8}, 0.25},
      {"living room", {5.0, 6.0, 2.7}, {0.7, 2.5, 0.8}, {2.2, 3.4, 0.9}, 0.4},
      {"hall", {8.0, 10.0, 3.2}, {2.0, 3.0, 1.2}, {3.6, 4.2, 1.0}, 0.6},
  }};
  return all;
}

Signal response(const Room& room) {
  const double volume = room.size[0] * room.size[1] * room.size[2];
  const double surface =
      2 * (room.size[0] * room.size[1] + room.size[1] * room.size[2] + room.size[2] * room.size[0]);
  // Eyring's formula gives the walls for the reverberation time.
  const double absorbed = 1 - std::exp(-0.161 * volume / (surface * room.reverberation_s));
  const double reflected = std::sqrt(1 - absorbed);
  const double longest_m = room.reverberation_s * sound_m_per_s;
  Signal result(static_cast<std::size_t>(room.reverberation_s * rate));
  std::array<int, 3> reach{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    reach[axis] = static_cast<int>(longest_m / (2 * room.size[axis])) + 1;
  for (int x = -reach[0]; x <= reach[0]; ++x) {
    for (int y = -reach[1]; y <= reach[1]; ++y) {
      for (int z = -reach[2]; z <= reach[2]; ++z) {
        const std::array<int, 3> order{x, y, z};
        for (unsigned mirror = 0; mirror < 8; ++mirror) {
          double square = 0;
          int walls = 0;
          for (std::size_t axis = 0; axis < 3; ++axis) {
            const int flipped = (mirror >> axis & 1) != 0 ? 1 : 0;
            const double image = (flipped != 0 ? -room.speaker[axis] : room.speaker[axis]) +
                                 2 * order[axis] * room.size[axis];
            square += (image - room.microphone[axis]) * (image - room.microphone[axis]);
            walls += std::abs(order[axis] - flipped) + std::abs(order[axis]);
          }
          const double distance = std::sqrt(square);
          if (distance > longest_m) continue;
          put(result, distance / sound_m_per_s * rate, std::pow(reflected, walls) / distance);
        }
      }
    }
  }
  float loudest = 0;
  for (const float sample : result)
    loudest = std::max(loudest, std::abs(sample));
  for (float& sample : result)
    sample /= loudest;
  return result;
}

}  // namespace gv::test
