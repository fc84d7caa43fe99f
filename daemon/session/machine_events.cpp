// The machine's reading of the service's messages (live-api.md section 3).
#include <algorithm>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/live/verdict.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

// A lost turnComplete must not mute the session: after this long without audio, what comes is new
// (live-api.md section 3.3, users.md (f) 7).
constexpr std::int64_t discard_limit_ns = 2'000'000'000;
// Once the user has begun a new turn it is new sooner.
constexpr std::int64_t discard_limit_next_turn_ns = 500'000'000;

}  // namespace

void Machine::event(const live::Interrupted& /*interrupted*/) {
  reacted();
  // A profile that does not allow interruptions plays on, whatever the service thinks.
  if (!session_.profile.interruptions) return;
  // Without an answer there is nothing to cut: a phantom must not mute the next one.
  if (!turns_.answering()) return;
  cut_answer(received_ns_);
  stay();
  touch();
}

void Machine::event(const live::AudioPart& part) {
  if (phase_ != Phase::live) return;
  reacted();
  billing_.activity();
  if (discarding_ && is_late()) {
    last_discard_ns_ = now_ns_;
    ++counters_.late_audio_parts;
    return;
  }
  discarding_ = false;
  auto& turn = turns_.current();
  if (!turn.got_audio) listen_for_escalation(turn, false);
  turn.got_audio = true;
  turn.audible = true;
  turn.ended = false;
  answered(turn);
  farewell_due_ = false;
  for (ToolCall& call : told_)
    call.spoken_of = true;
  act(action::Play{turn.id, part.base64, part.rate_hz, received_ns_});
  touch();
}

// Of the answer that was cut, not of the next one.
bool Machine::is_late() {
  auto* cut = turns_.unfinished();
  if (cut != nullptr && cut->interrupted && !std::exchange(cut->got_audio, true)) return true;
  const auto* next = turns_.running();
  const auto limit =
      next != nullptr && next->has_input ? discard_limit_next_turn_ns : discard_limit_ns;
  return now_ns_ - last_discard_ns_ < limit;
}

void Machine::event(const live::InputTranscription& words) {
  reacted();
  billing_.activity();
  sent_press_.reset();  // it has been heard
  if (key_.talking()) {
    key_.understood(now_ns_);
    heed(TalkKey::Change::none);
  }
  if (turns_.running() == nullptr) stay();  // it is nothing late of the goodbye
  auto& turn = turns_.current();
  Turns::append(turn.user_text, words.text);
  turn.has_input = true;
  // A late fragment during the answer says nothing about when the user stopped.
  if (!turn.got_audio) {
    turn.input_ns = received_ns_;
    speech_.words(turn.id);
  }
  if (turn.words_ns == 0) turn.words_ns = received_ns_;
  act(action::Delta{turn.id, Role::user, std::string(words.text)});
  listen_for_escalation(turn, true);
  touch();
}

void Machine::event(const live::OutputTranscription& words) {
  reacted();
  billing_.activity();
  // What comes after an interruption belongs to the answer that was cut.
  auto* cut = discarding_ ? turns_.unfinished() : nullptr;
  auto& turn = cut != nullptr ? *cut : turns_.current();
  Turns::append(turn.model_text, words.text);
  act(action::Delta{turn.id, Role::model, std::string(words.text)});
  touch();
}

void Machine::event(const live::Grounding& grounding) {
  auto* cut = discarding_ ? turns_.unfinished() : nullptr;
  Turns::add_source(cut != nullptr ? *cut : turns_.current(), grounding.address, grounding.title);
}

void Machine::event(const live::GenerationComplete& /*complete*/) {
  if (auto* turn = turns_.running()) end_answer(*turn);
}

void Machine::event(const live::TurnComplete& complete) {
  reacted();
  discarding_ = false;
  if (!complete.in_progress) billing_.turn_complete();
  auto* turn = turns_.to_complete();
  if (turn == nullptr) return;
  answered(*turn);
  completed_turn_ = turn->id;
  served_ = served_ || (asked_ && turn->got_audio);
  if (!complete.in_progress) {
    end_answer(*turn);
    turn->server_done = true;
  }
  if (!complete.reason.empty() && !turn->got_audio) {
    act(action::Log{"the service ended a turn without an answer: " + std::string(complete.reason)});
  }
  touch();
}

// What was typed up to this turn is in the service's next snapshot, or was cut.
void Machine::answered(const Turn& turn) {
  std::erase_if(unanswered_texts_, [&turn](const Typed& typed) { return typed.turn <= turn.id; });
}

void Machine::event(const live::Usage& reported) {
  const live::Usage billed = billing_.report(reported);
  if (billed == live::Usage{}) return;
  counters_.tokens += billed;
  // It comes with the turnComplete as a rule (live-api.md section 3.9).
  auto* turn = completed_turn_ != 0 ? turns_.find(completed_turn_) : turns_.unfinished();
  if (turn != nullptr) turn->usage += billed;
  act(action::Billed{{session_.profile_name, session_.profile.model, billed.text_in,
                      billed.audio_in, billed.image_in, billed.text_out, billed.audio_out}});
}

}  // namespace gv::session
