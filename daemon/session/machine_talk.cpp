// The machine and the talk key (live-api.md section 2.1.4, audio.md 5), and which of the
// microphone's sound a connection gets.
#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"
#include "daemon/session/microphone_feed.hpp"

namespace gv::session {
namespace {

// People begin to speak as they press.
constexpr std::int64_t pre_roll_ns = 250'000'000;
// Older audio confuses the service's voice activity detection (section 7.2) ...
constexpr std::int64_t most_replayed_ns = 1'000'000'000;
// ... but what was said since the start is the first thing that a new service hears.
constexpr std::int64_t most_replayed_at_start_ns = 10'000'000'000;
// So long the sound of a press is there to be sent once more.
constexpr std::int64_t kept_ns = MicrophoneFeed::kept_frames_by_key * 62'500;  // at 16 kHz
// So many presses wait for the service; for one more the oldest is given up.
constexpr std::size_t max_waiting_presses = 8;
// So long after the release a microphone may still give what was said before it.
constexpr std::chrono::milliseconds last_words{300};

}  // namespace

void Machine::on(const input::Talk& talk) {
  const auto change = talk.pressed ? key_.press(now_ns_) : key_.release(now_ns_);
  if (phase_ == Phase::idle || phase_ == Phase::asleep) {
    key_.spend(now_ns_);  // what it should have begun is over already
    return;
  }
  heed(change);
}

void Machine::heed(TalkKey::Change change) {
  switch (change) {
    case TalkKey::Change::none:
      break;
    case TalkKey::Change::began:
      talk_begins();
      break;
    case TalkKey::Change::ended:
      talk_ends();
      break;
  }
  const auto due = key_.deadline_ns();
  if (due == std::exchange(talk_due_ns_, due)) return;
  if (!due) return act(action::CancelTimer{Timer::talk});
  const std::chrono::nanoseconds delay{std::max<std::int64_t>(0, *due - now_ns_)};
  act(action::SetTimer{Timer::talk, std::chrono::ceil<std::chrono::milliseconds>(delay)});
}

void Machine::talk_begins() {
  touch();
  stay();
  asked_ = true;
  if (status_.muted) {
    borrowed_ = true;
    set_muted(false);
  }
  if (!by_key() && !borrowed_) return;  // the service hears by itself when the user speaks
  if (presses_.size() == max_waiting_presses && phase_ == Phase::live) return refuse_to_talk();
  if (by_key()) act(action::KeepSound{true, now_ns_});
  if (by_key() && session_.profile.interruptions) {
    const auto* running = turns_.running();
    if (turns_.answering()) {
      cut_answer(now_ns_);  // the service's own word would come a round trip later
    } else if (running != nullptr && running->has_input && phase_ == Phase::live) {
      turns_.cut();  // the answer that it was about to give is not given
    }
  }
  if (presses_.size() == max_waiting_presses) {
    if (presses_.front().heard) lost_words();
    presses_.pop_front();
  }
  presses_.push_back({.since_ns = std::max(now_ns_ - pre_roll_ns, said_until_ns_),
                      .heard = voice_,
                      .ignored = !session_.profile.interruptions && turns_.arriving()});
  if (phase_ == Phase::live && !gated_) {
    act(action::SendMicrophone{presses_.back().since_ns, by_key()});
  }
}

// The service has not taken the others yet: it is as good as gone.
void Machine::refuse_to_talk() {
  key_.spend(now_ns_);
  close_borrowed();
  if (std::exchange(backlog_reported_, true)) return;
  act(action::Report{
      {Error::network_unavailable,
       "What was said is not getting to the service. Try: wait, and say it again."}});
}

void Machine::talk_ends() {
  touch();
  said_until_ns_ = key_.until_ns();
  if (by_key()) act(action::KeepSound{false, key_.until_ns()});
  if (!presses_.empty() && (by_key() || borrowed_)) {
    presses_.back().until_ns = key_.until_ns();
    if (phase_ == Phase::live && !gated_) act(action::EndMicrophone{key_.until_ns()});
  }
  close_borrowed();
}

void Machine::on(const input::TalkSent& sent) {
  // Where it had to wait behind the end of the connection, nobody got the press.
  if (presses_.empty() || phase_ != Phase::live) return;
  const Press press = presses_.front();
  presses_.pop_front();
  backlog_reported_ = false;
  touch();
  if (!by_key()) return close_borrowed();
  if (sent.empty && press.heard) lost_words();
  if (!press.ignored && !sent.empty) sent_press_ = press;
  // Where it owes a reaction to an earlier one, it has all of its time anew.
  const bool owed = stall_ == Stall::listening;
  if (owed) stall_ = Stall::none;
  said(owed || (press.heard && !press.ignored && !sent.empty));
  close_borrowed();
}

void Machine::lost_words() {
  act(action::Report{{Error::network_unavailable,
                      "What you said waited too long for the service and could not be sent. "
                      "Try: say it again."}});
}

// A microphone that was opened for the key alone does not stay open for as long as the service
// cannot be reached: what it heard waits without it.
void Machine::watch_borrowed() {
  const bool waits = borrowed_ && !key_.talking() && phase_ != Phase::live && running();
  if (waits == std::exchange(giving_back_, waits)) return;
  if (!waits) return act(action::CancelTimer{Timer::give_back});
  act(action::SetTimer{Timer::give_back, last_words});
}

void Machine::give_back() {
  if (!giving_back_) return;
  giving_back_ = borrowed_ = false;
  status_.muted = true;
  close_microphone(true);
}

// A microphone that was opened for the key alone is closed when all of it has been sent.
void Machine::close_borrowed() {
  if (!borrowed_ || key_.talking() || !presses_.empty()) return;
  borrowed_ = false;
  set_muted(true);
}

// What was said up to now still goes out: the microphone is gone.
void Machine::talk_over() {
  heed(key_.spend(now_ns_));
}

// Nothing more goes out: the user does not want it, or there is nobody to hear it.
void Machine::stop_talking() {
  if (by_key() && key_.talking()) act(action::KeepSound{false, now_ns_});
  key_.spend(now_ns_);
  key_.voice(false, now_ns_);  // nobody listens any more who could tell that it ended
  key_.faint_voice(false);
  if (std::exchange(talk_due_ns_, std::nullopt)) act(action::CancelTimer{Timer::talk});
  presses_.clear();
  backlog_reported_ = false;
  if (std::exchange(borrowed_, false)) status_.muted = true;
  if (phase_ == Phase::live) act(action::CutMicrophone{});
}

bool Machine::user_speaks() const {
  return by_key() ? key_.talking() || !presses_.empty() : voice_;
}

// A new connection. The last one may have ended with a question that it had only just got.
void Machine::say_again() {
  asked_ = asked_ || !presses_.empty();
  for (Press& press : presses_)
    press.ignored = false;  // there is no answer yet that it could interrupt
  const auto press = std::exchange(sent_press_, std::nullopt);
  if (!press) return;
  const bool kept = !press->forgotten && now_ns_ - press->since_ns < kept_ns;
  if (kept && !press->repeated && presses_.size() < max_waiting_presses) {
    presses_.push_front(*press);
    presses_.front().repeated = true;
    asked_ = true;
    if (stall_ == Stall::renewing) stall_ = Stall::repeated;
  } else if (press->heard && stall_ != Stall::renewing) {
    if (stall_ == Stall::repeated) stall_ = Stall::told;
    act(action::Report{{Error::network_unavailable,
                        "What you said was lost with the connection. Try: say it again."}});
  }
}

// By key the service takes typed text in the marks of an activity alone (section 2.1.4): in one of
// its own, as nobody here knows whether that of a press has begun. An answer that is not to be
// interrupted is waited for, since the service ignores what begins during it.
void Machine::send_texts() {
  if (unsent_texts_.empty() || phase_ != Phase::live || gated_) return;
  const bool ignored = !session_.profile.interruptions && turns_.arriving();
  if (by_key() && (user_speaks() || ignored)) return;
  asked_ = true;
  if (by_key()) act(action::Send{live::encode_activity_start()});
  for (Typed& typed : unsent_texts_) {
    act(action::Send{live::encode_text(std::exchange(context_, {}) + typed.text)});
    unanswered_texts_.push_back(std::move(typed));
    if (unanswered_texts_.size() > max_waiting_texts) unanswered_texts_.pop_front();
  }
  if (by_key()) act(action::Send{live::encode_activity_end()});
  unsent_texts_.clear();
}

// A connection that knows nothing yet: it gets the presses of which the last one did not get the
// end; or the microphone, as far back as that is of use.
void Machine::send_microphone() {
  if (by_key() || !presses_.empty()) {
    for (const Press& press : presses_) {
      // Automatic turn taking has answered what the last connection got.
      const auto since_ns = by_key() ? press.since_ns : std::max(press.since_ns, replay_since_ns_);
      act(action::SendMicrophone{since_ns, by_key(), press.until_ns});
    }
  } else if (!status_.muted) {
    const auto most = established_ ? most_replayed_ns : most_replayed_at_start_ns;
    act(action::SendMicrophone{std::max(replay_since_ns_, now_ns_ - most)});
  }
}

}  // namespace gv::session
