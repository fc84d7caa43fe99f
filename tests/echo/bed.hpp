// A conversation without headphones, computed: a speaker and a microphone with their devices'
// delays, clocks and errors, a room between them, and the project's echo filter behind them.
#pragma once

#include <vector>

#include "daemon/audio/barge_in.hpp"
#include "daemon/echo/echo_filter.hpp"
#include "tests/echo/room.hpp"
#include "tests/echo/signal.hpp"

namespace gv::test {

// Before the far end says its first word the microphone is open for a moment, as in a session.
constexpr double quiet_s = 1;
// What the canceller is given to learn the room.
constexpr double adapted_s = quiet_s + 3;

struct Scene {
  Room room = rooms()[0];
  double device_delay_ms = 40;  // from the write to the converter
  double delay_bias_ms = 0;     // what the device says more than that,
  double delay_wobble_ms = 5;   // and by how much each of its figures is wrong besides, at most
  double drift_ppm = 0;         // of the speaker's clock against the microphone's
  double echo_dbfs = -26;       // at the microphone
  double noise_dbfs = -75;      // likewise
  double overdriven_dbfs = 20;  // where the loudspeaker's tanh bends; 20: it is linear
  bool crushed = false;         // the speaker makes another sound of it, as loud at each time
  Signal far;                   // 24 kHz; begins after quiet_s
  Signal near;                  // 16 kHz, as it arrives at the microphone; may be empty
};

// The reflex, on an answer that plays all the time.
struct Act {
  std::size_t frame;
  audio::BargeIn::Command what;
};

struct Outcome {
  Signal echo;                                  // at the microphone
  Signal captured;                              // echo, near end and noise
  Signal cleaned;                               // on its clock
  std::vector<echo::NearSpeech::State> speech;  // by frame
  std::vector<Act> acts;                        // of the daemon's reflex, from adapted_s on
  echo::Measures measures;                      // at the end
  double untold_ms = 0;                         // likewise: what was found of it
  bool echo_found = false;
  double cpu_s = 0;  // of all that the daemon does for it
};

// settings nullptr: the microphone as it is.
Outcome play(const Scene& scene, const echo::Settings* settings);
inline Outcome play(const Scene& scene) {
  const echo::Settings settings;
  return play(scene, &settings);
}

// How much quieter the microphone became while the echo was within 30 dB of its loudest, after
// adapted_s.
double erle_db(const Outcome& outcome);
// The limits of the tests are those of 0.3. A library whose residue passes for words takes more of
// the words, and leaves more of a room's last answers.
bool leaves_more();
// What is to be taken of an echo where 0.3 takes so much.
double least_erle_db(const Room& room, double erle_db);
// How often the state became at least that one, after adapted_s.
unsigned events(const Outcome& outcome, echo::NearSpeech::State state);
unsigned acts(const Outcome& outcome, audio::BargeIn::Command what);

}  // namespace gv::test
