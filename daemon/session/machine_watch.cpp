// What the machine watches besides its connection: the sleep of the computer, the network, and
// whether the service reacts to what the user says.
#include <chrono>
#include <string>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Shorter is a click or a cough.
constexpr std::int64_t least_speech_ns = 1'000'000'000;  // with the detector's hangover
// How long the service may think about what it heard before anything of it comes back.
constexpr seconds reaction_limit{8};
constexpr seconds reaction_limit_after_nudge{5};
// A sleep so long that the service has given the connection up.
constexpr seconds long_sleep{30};

}  // namespace

// The API key

void Machine::on(const input::KeyFound& /*found*/) {
  key_ready_ = true;
  if (phase_ == Phase::keyless) connect();
}

void Machine::on(const input::KeyMissing& missing) {
  if (phase_ == Phase::idle || key_ready_) return;
  key_ready_ = true;  // nobody looks for it any more
  fail(missing.failure);
}

// The world around

void Machine::on(const input::GoingToSleep& /*sleep*/) {
  if (phase_ == Phase::idle || phase_ == Phase::asleep) return;
  stop_talking();
  sent_press_.reset();
  connection_ended(live::Remedy::none);
  disconnect();
  phase_ = Phase::asleep;
  handing_over_ = false;
  act(action::CancelTimer{Timer::retry});
  act(action::CancelTimer{Timer::reopen});
  turns_.cut_audible();
  close_capture();
  close_playback();
}

bool Machine::too_long(milliseconds slept) {
  const auto limit = session_.limits.idle_timeout;
  if (limit.count() == 0 || slept < limit) return false;
  end(EndReason::idle, "The computer slept for longer than session.idle_timeout.");
  return true;
}

void Machine::on(const input::Woke& woke) {
  if (phase_ != Phase::asleep) {
    // Nobody said that it would sleep: the connection only looks alive.
    if (phase_ == Phase::idle || woke.slept < long_sleep || too_long(woke.slept)) return;
    return on(input::NetworkChanged{true});
  }
  if (too_long(woke.slept)) return;
  backoff_.reset();
  waking_ = true;
  reopens_ = 0;
  connect();
  reopen_devices();
}

void Machine::on(const input::NetworkChanged& change) {
  if (phase_ == Phase::waiting && waiting_because_ == live::Remedy::network) {
    act(action::CancelTimer{Timer::retry});
    backoff_.reset();  // another network, another try
    return connect();
  }
  if (!change.lost || !established_ || (phase_ != Phase::connecting && !connected())) return;
  act(action::Log{"the way of the connection is gone: a new connection"});
  handing_over_ = false;
  connection_ended(live::Remedy::network);
  backoff_.reset();
  disconnect(true);
  connect();
}

// Does the service react?

void Machine::on(const input::Voice& voice) {
  if (phase_ == Phase::idle || voice.speaking == voice_) return;
  voice_ = voice.speaking;
  const auto at_ns = voice.at_ns != 0 ? voice.at_ns : now_ns_;
  voice_ ? speech_.began(at_ns) : speech_.ended(at_ns);
  key_.voice(voice_, now_ns_);
  heed(TalkKey::Change::none);  // who speaks may talk for longer
  if (by_key()) {
    if (voice_ && !presses_.empty() && key_.talking()) presses_.back().heard = true;
    return;  // the key says when a turn begins and ends
  }
  if (voice_) {
    voice_since_ns_ = now_ns_;
    asked_ = true;
    return;
  }
  const bool heard = last_reaction_ns_ >= voice_since_ns_;
  const bool echo = turns_.any_audible();
  said(!heard && !echo && now_ns_ - voice_since_ns_ >= least_speech_ns);
}

void Machine::on(const input::FaintVoice& voice) {
  if (phase_ == Phase::idle) return;
  key_.faint_voice(voice.speaking);
  heed(TalkKey::Change::none);
}

// The user has said something; to_react: the service should say something to it.
void Machine::said(bool to_react) {
  voice_until_ns_ = now_ns_;
  if (phase_ != Phase::live) return;
  if (rotation_due_)
    act(action::SetTimer{Timer::rotation, std::chrono::ceil<milliseconds>(pause_after_speech)});
  if (!to_react || calls_.blocked() || (stall_ != Stall::none && stall_ != Stall::repeated)) return;
  if (stall_ == Stall::none) stall_ = Stall::listening;
  act(action::SetTimer{Timer::reaction, reaction_limit});
}

// Words, sound, an interruption or the end of a turn; a handle or a bill is none.
void Machine::reacted() {
  if (phase_ != Phase::live) return;
  last_reaction_ns_ = now_ns_;
  // The end of an answer that a press has cut says nothing about the press.
  if (by_key() && discarding_) return;
  sent_press_.reset();
  if (std::exchange(stall_, Stall::none) != Stall::none) act(action::CancelTimer{Timer::reaction});
}

void Machine::no_reaction() {
  if (phase_ != Phase::live) return;
  // Pressing the key again has put an end to what it was about to say.
  if (by_key() && user_speaks()) return act(action::SetTimer{Timer::reaction, reaction_limit});
  if (stall_ == Stall::listening) {
    ++counters_.stalls;
    stall_ = Stall::nudged;
    if (by_key()) return renew_deaf();  // it has been told that that was all
    act(action::Log{"the service does not react to what was said: telling it that that was all"});
    if (!status_.muted) act(action::Send{live::encode_audio_stream_end()});
    act(action::SetTimer{Timer::reaction, reaction_limit_after_nudge});
  } else if (stall_ == Stall::nudged) {
    renew_deaf();
  } else if (stall_ == Stall::repeated) {
    ++counters_.stalls;
    tell_deaf();
  }
}

void Machine::renew_deaf() {
  stall_ = Stall::renewing;
  const std::string what = "The service does not react.";
  lose({{Error::network_unavailable, what}, what, live::Remedy::resume});
}

void Machine::tell_deaf() {
  stall_ = Stall::told;
  sent_press_.reset();
  act(action::Report{{Error::network_unavailable,
                      "The service did not react to what was said; the connection is a new one "
                      "now. Try: say it again."}});
}

}  // namespace gv::session
