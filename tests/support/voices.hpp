// Sounds that a microphone hears, synthesised: a voice, and what is none. Levels: RMS of the loud
// part, in dBFS.
#pragma once

#include <cstdint>
#include <vector>

namespace gv::test {

using Sound = std::vector<std::int16_t>;

// Syllables of a voice of so many Hz: vowels of about 180 ms with short closures between.
Sound voice(double seconds, unsigned rate, double level_db = -25, double pitch = 120);
// A burst of 40 ms and a noisy rest, some 300 ms in all; no pitch.
Sound cough(unsigned rate, double level_db = -20);
// Two or three samples of a switch, and its ringing: 8 ms.
Sound click(unsigned rate, double level_db = -15);
// Somebody types, some eight keys in a second.
Sound keyboard(double seconds, unsigned rate, double level_db = -25);
// Hiss of the room.
Sound hiss(double seconds, unsigned rate, double level_db);

// The second is added from `at` on; the first becomes longer where it has to.
void mix(Sound& into, const Sound& sound, std::size_t at);

}  // namespace gv::test
