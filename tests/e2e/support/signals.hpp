// Sounds for tests: reproducible, and no stretch of them like another.
#pragma once

#include <cstdint>
#include <vector>

namespace gv::e2e {

using Samples = std::vector<std::int16_t>;

// Noise below 3 kHz that swells and falls like speech, never silent for long; starts and ends
// within 5 ms of full level. The seed makes it another one.
Samples speech(double seconds, unsigned rate, std::uint32_t seed);

// Every sample of every value: white noise at half scale, for comparisons bit by bit.
Samples white_noise(double seconds, unsigned rate, std::uint32_t seed);

Samples tone(double seconds, unsigned rate, double hertz, int amplitude = 8000);

}  // namespace gv::e2e
