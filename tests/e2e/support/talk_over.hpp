// Somebody talks over an answer before the service has heard of it: when the answer is softer, and
// when it is silent, at the speaker.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/signals.hpp"
#include "tests/e2e/support/speaker.hpp"
#include "tests/e2e/support/stage.hpp"

namespace gv::e2e {

inline constexpr unsigned answer_rate = 24000;

// A service that says `seconds` of sound to everything. heard: it hears the user as well, and else
// lets everything pass.
StageOptions talkative(double seconds, const std::string& echo, bool heard = false);

// Until so much of the answer was heard that began at frame `begin`.
void listen(const SpeakerRecorder& speaker, std::size_t begin, std::size_t ms);

// How loud the answer is heard, 1 being as it was said: for each ms from frame `from` on, over the
// five that follow. Throws std::runtime_error where it is not heard at all.
std::vector<double> loudness(const SpeakerRecorder& speaker, const Samples& answer,
                             std::size_t from);

struct Reaction {
  double duck_ms = 1e9;  // from the first sample of the words at the microphone
  double silence_ms = 1e9;
};
// Starts a session, and speaks after_ms into the first answer, and a little later with each round:
// -20 dBFS at the microphone.
Reaction talk_over(Stage& stage, const Samples& answer, const SpeakerRecorder& speaker,
                   Microphone& mouth, unsigned round, unsigned after_ms);

}  // namespace gv::e2e
