// Impulse responses of rooms, by the image method (Allen and Berkley 1979): a box whose six walls
// reflect alike.
#pragma once

#include <array>
#include <string>

#include "tests/echo/signal.hpp"

namespace gv::test {

using Point = std::array<double, 3>;  // m

struct Room {
  std::string name;
  Point size;
  Point speaker;
  Point microphone;
  double reverberation_s;  // until 60 dB are lost
};

const std::array<Room, 4>& rooms();

// From the speaker's to the microphone's sample, at 16 kHz; its way through the air is in it.
// The loudest sample is 1.
Signal response(const Room& room);

}  // namespace gv::test
