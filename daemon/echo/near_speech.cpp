#include "daemon/echo/near_speech.hpp"

#include <algorithm>

namespace gv::echo {
namespace {

constexpr double least_dbfs = -55;
constexpr double above_floor_db = 10;
// Measured in tests/echo with 0.3: of what is left of an echo, nine in ten frames that pass for a
// voice lost 26 dB and more; of words 6 dB above the echo half lost less than 19.
constexpr double most_taken_db = 18;
// Frames with and without a voice weigh the same: a word has pauses, a residue is mostly pause.
constexpr double possible_at = 2;
constexpr double confirmed_at = 9;
constexpr double most_evidence = 20;
constexpr double forgotten = 0.3;  // by a frame without

}  // namespace

// Whether what is left is more than an echo leaves.
bool NearSpeech::own(const Heard& frame) const {
  if (!frame.far_active) return true;
  if (residue_.beyond_frames && believed_ == 0) return false;
  return frame.cleaned_dbfs > frame.captured_dbfs - most_taken_db;
}

NearSpeech::State NearSpeech::add(const Heard& frame) {
  const bool loud = frame.cleaned_dbfs > std::max(least_dbfs, frame.floor_dbfs + above_floor_db);
  const bool beyond_echo = frame.far_active && frame.beyond_echo;
  believed_ = beyond_echo ? residue_.beyond_frames.value_or(0) : std::max(0, believed_ - 1);
  if (frame.voice && loud && own(frame)) {
    evidence_ = std::min(most_evidence, evidence_ + 1);
  } else {
    evidence_ = std::max(0.0, evidence_ - forgotten);
  }
  if (beyond_echo) evidence_ = std::max(evidence_, possible_at);
  if (evidence_ >= confirmed_at) {
    state_ = State::confirmed;
  } else if (evidence_ == 0) {
    state_ = State::silent;
  } else if (state_ == State::silent && evidence_ >= possible_at) {
    state_ = State::possible;
  }
  return state_;
}

}  // namespace gv::echo
