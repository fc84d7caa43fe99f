// What a profile makes the machine do of itself: greet, and hear when a person is called for.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

// Shorter is a click or a cough, and no reason not to be greeted.
constexpr std::int64_t least_speech_ns = 1'000'000'000;
// A growing text is looked at from so far before its end: more than the longest of the words.
constexpr std::size_t looked_back = 1024;

// The end of the text, from the beginning of a word on; of a script without blanks, of a character.
std::string_view newest(std::string_view text) {
  if (text.size() <= looked_back) return text;
  std::size_t begin = text.find(' ', text.size() - looked_back);
  if (begin == text.npos) begin = text.size() - looked_back;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U)
    ++begin;
  return text.substr(begin);
}

}  // namespace

// Once, when a new conversation first listens. Who already speaks, or has written, is answered; a
// conversation that goes on has been greeted.
void Machine::greet() {
  if (!greeting_due_ || phase_ == Phase::idle) return;
  const bool new_one = !resumption_.offered() && !telling_history_;
  const bool spoke = !by_key() && voice_until_ns_ >= started_ns_ &&
                     voice_until_ns_ - voice_since_ns_ >= least_speech_ns;
  const bool user_first =
      spoke || key_.talking() || !presses_.empty() || sent_press_ || !turns_.empty();
  if (user_first || (established_ && !new_one)) {
    greeting_due_ = false;
    return;
  }
  if (voice_ || visible_state() != State::listening) return;
  greeting_due_ = false;
  asked_ = true;
  note(
      "The user has just come and has said nothing yet. Speak first, in the language that your "
      "instructions say, else in the user's if you know it. " +
          session_.profile.greeting,
      true);
}

// Once a turn. growing: more of it may come, which may complete its last word.
void Machine::listen_for_escalation(Turn& turn, bool growing) {
  if (turn.escalated || escalation_words_.empty() || turn.user_text.empty()) return;
  const auto* word =
      escalation_words_.find(growing ? newest(turn.user_text) : turn.user_text, growing);
  if (word == nullptr) return;
  turn.escalated = true;
  act(action::Escalate{turn.id, *word});
}

// The turns that are about to be complete.
void Machine::listen_for_escalation() {
  for (Turn& turn : turns_.all()) {
    if (turn.server_done && !turn.audible) listen_for_escalation(turn, false);
  }
}

}  // namespace gv::session
