// The machine's connection to the service: made, handed over, lost and made again
// (live-api.md section 7).
#include <algorithm>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/session/machine.hpp"

namespace gv::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// live-api.md section 2.6: setupComplete comes within 10 to 15 s or not at all.
constexpr seconds setup_limit{15};
// A connection lives for about ten minutes, and the service's notice may never come (section 5).
constexpr seconds rotation_age{540};
constexpr seconds goaway_margin{3};
// From the age at which a quiet point is looked for to the one at which there is no more waiting.
constexpr seconds rotation_notice{30};
// What was said so long ago without a reaction was not meant for the service, or lost already.
constexpr nanoseconds pause_after_speech = seconds(5);
// Speech is noticed so late: what was sent before, on the old connection, is sent again.
constexpr std::int64_t onset_ns = 300'000'000;
// A connection that was good for so long has nothing to do with earlier failures.
constexpr seconds good_life{30};
// "Invalid argument" this late means that the context is full (section 2.8).
constexpr seconds late_in_session{60};
// Shorter is a click or a cough.
constexpr std::int64_t least_speech_ns = 1'000'000'000;  // with the detector's hangover
// How long the service may think about what it heard before anything of it comes back.
constexpr seconds reaction_limit{8};
constexpr seconds reaction_limit_after_nudge{5};

// It may be the handle that the service did not like; it is surely not where the key is refused,
// and a network or a quota says nothing about it.
bool may_be_the_handle(const live::Verdict& verdict) {
  switch (verdict.remedy) {
    case live::Remedy::none:
      return verdict.failure.error != Error::auth_failed;
    case live::Remedy::other_session:
    case live::Remedy::less_context:
    case live::Remedy::resume:
    case live::Remedy::overload:
      return true;
    case live::Remedy::other_model:
    case live::Remedy::network:
    case live::Remedy::quota:
      break;
  }
  return false;
}

}  // namespace

// What happens to it

void Machine::on(const input::TransportOpened& /*opened*/) {
  if (phase_ != Phase::connecting) return;
  phase_ = Phase::configuring;
  const auto handle = resumption_.offer(session_.profile.model);
  telling_history_ = handle.empty() && !recollection_.empty();
  act(action::Send{live::encode_setup(session_.profile, handle, telling_history_)});
}

void Machine::on(const input::TransportClosed& closed) {
  if (phase_ == Phase::connecting || connected()) lose(live::judge(closed.info, status_.model));
}

void Machine::on(const input::Message& message) {
  received_ns_ = message.received_ns;
  last_message_ns_ = now_ns_;
  completed_turn_ = 0;
  if (phase_ == Phase::live && stall_ != Stall::none) {
    stall_ = Stall::none;
    act(action::CancelTimer{Timer::reaction});
  }
  for (const auto& happened : *message.events) {
    if (!connected()) return;
    std::visit([this](const auto& it) { event(it); }, happened);
  }
}

void Machine::event(const live::SetupComplete& /*complete*/) {
  if (phase_ != Phase::configuring) return;
  phase_ = Phase::live;
  live_since_ns_ = now_ns_;
  ++counters_.connects;
  if (established_) {
    ++(std::exchange(handing_over_, false) ? counters_.handovers : counters_.reconnects);
  }
  act(action::CancelTimer{Timer::setup});
  act(action::SetTimer{Timer::rotation, rotation_age});
  if (telling_history_) act(action::Send{live::encode_history(recollection_.turns())});
  if (established_) {
    if (!status_.muted) act(action::ReplayMicrophone{replay_since_ns_});
  } else {
    established_ = true;
    touch();  // later ones are no activity: else a service that keeps closing is met for ever
  }
  for (auto& text : unsent_texts_) {
    act(action::Send{live::encode_text(text)});
    unanswered_texts_.push_back(std::move(text));
  }
  unsent_texts_.clear();
  if (outage_reported_) status_.last_error = {};
  if (stall_ == Stall::renewing) {
    stall_ = Stall::told;
    act(action::Report{{Error::network_unavailable,
                        "The service did not react to what was said; the connection is a new one "
                        "now. Try: say it again."}});
  }
}

void Machine::event(const live::GoAway& notice) {
  act(action::Log{"the service will end this connection in " +
                  std::to_string(notice.time_left.count()) + " ms"});
  rotate_within(std::max<milliseconds>(notice.time_left - goaway_margin, seconds(1)));
}

void Machine::event(const live::ResumptionUpdate& update) {
  if (!resumption_.update(update.handle, update.resumable, session_.profile.model)) return;
  handle_ns_ = now_ns_;
  act(action::KeepHandle{session_.profile_name, resumption_.handle()});
}

void Machine::event(const live::ServerError& error) {
  lose(live::judge(error, status_.model));
}

// Making it and ending it

void Machine::connect() {
  phase_ = Phase::connecting;
  telling_history_ = false;
  served_ = false;
  status_.model = session_.profile.model;
  act(action::OpenTransport{});
  act(action::SetTimer{Timer::setup, setup_limit});
}

// Whatever the service has not finished it never will. What was received plays on.
void Machine::disconnect(bool abrupt) {
  act(action::CloseTransport{abrupt});
  for (const auto timer :
       {Timer::setup, Timer::rotation, Timer::rotation_deadline, Timer::reaction}) {
    act(action::CancelTimer{timer});
  }
  rotation_due_ = false;
  discarding_ = false;
  if (stall_ == Stall::listening || stall_ == Stall::nudged) stall_ = Stall::none;
  const auto* running = turns_.running();
  std::uint64_t kept = 0;
  if (running != nullptr && !running->got_audio) {
    // The service's snapshot does not hold what was typed since: it gets it again.
    if (!unanswered_texts_.empty() || !unsent_texts_.empty()) kept = running->id;
    std::ranges::move(unsent_texts_, std::back_inserter(unanswered_texts_));
    unsent_texts_ = std::exchange(unanswered_texts_, {});
  }
  unanswered_texts_.clear();
  turns_.abandon(kept);
  for (Turn& turn : turns_.all()) {
    if (turn.id != kept) end_answer(turn);
  }
}

void Machine::lose(const live::Verdict& verdict) {
  const bool was_live = phase_ == Phase::live;
  const bool with_handle = resumption_.offered();
  const bool handing_over = std::exchange(handing_over_, false);
  const nanoseconds lived = connection_ended(verdict.remedy);
  act(action::Log{"the connection is over: " + verdict.what});

  const bool refused = verdict.failure.error == Error::protocol_error;
  if (telling_history_ && refused && lived < good_life) {
    recollection_.clear();  // what we told it may be what it did not like
    return retry(verdict);
  }
  if (!established_ && with_handle && may_be_the_handle(verdict)) {
    // A paused conversation that cannot go on does not keep a new one from beginning.
    resumption_.forget();
    return retry(verdict);
  }
  switch (verdict.remedy) {
    case live::Remedy::none:
      return fail(verdict.failure);
    case live::Remedy::other_model:
      if (!use_fallback_model()) return fail(verdict.failure);
      return retry(verdict);
    case live::Remedy::less_context:
      // With a handle it is about what came before; without one it is about what we ask for.
      if (lived < late_in_session && !with_handle) return fail(verdict.failure);
      recollection_.clear();
      break;
    case live::Remedy::resume:
      // Ended cleanly twice in a row: it means it.
      if (!verdict.failure && with_handle && lived < good_life) {
        return end(EndReason::hung_up, "The service ended the session.");
      }
      break;
    case live::Remedy::other_session:
    case live::Remedy::network:
    case live::Remedy::overload:
    case live::Remedy::quota:
      break;
  }
  // Who starts a session hears at once that it cannot be had.
  if (!established_ && verdict.failure) return fail(verdict.failure);
  if (!established_) return end(EndReason::hung_up, "The service ended the session.");
  retry(verdict);
  // The ordinary end of a connection is worth a word only if the next one cannot be made.
  const bool ordinary = verdict.remedy == live::Remedy::resume && was_live && !handing_over;
  if (!ordinary) report_outage(verdict);
}

// What is known of it goes where it is needed next; how long it was of use.
nanoseconds Machine::connection_ended(live::Remedy remedy) {
  const bool was_live = phase_ == Phase::live;
  const nanoseconds lived{was_live ? now_ns_ - live_since_ns_ : 0};
  if (was_live) replay_since_ns_ = now_ns_ - onset_ns;
  resumption_.ended(remedy, lived);
  if (lived >= good_life) outage_reported_ = false;
  if (lived >= good_life || served_) backoff_.reset();
  return lived;
}

void Machine::retry(const live::Verdict& verdict) {
  disconnect();
  wait_then_connect(verdict.remedy);
}

void Machine::wait_then_connect(live::Remedy because) {
  const auto wait = backoff_.next(because);
  if (wait.count() == 0) return connect();
  phase_ = Phase::waiting;
  waiting_because_ = because;
  act(action::SetTimer{Timer::retry, wait});
}

bool Machine::use_fallback_model() {
  if (fallback_models_.empty()) return false;
  session_.profile.model = std::move(fallback_models_.front());
  fallback_models_.pop_front();
  act(action::Log{"trying the next model: " + session_.profile.model});
  return true;
}

// Once per outage, with the reason; LastError says it until there is a connection again.
void Machine::report_outage(const live::Verdict& verdict) {
  Failure failure{verdict.failure ? verdict.failure.error : Error::network_unavailable,
                  verdict.what + (verdict.remedy == live::Remedy::quota
                                      ? " The next attempt is in a minute or more."
                                      : " Reconnecting.")};
  status_.last_error = failure;
  if (!std::exchange(outage_reported_, true)) act(action::Report{std::move(failure)});
}

void Machine::setup_overdue() {
  if (phase_ == Phase::live) return;
  const std::string what =
      "The service did not answer within " + std::to_string(setup_limit.count()) + " s.";
  lose({{Error::network_unavailable, what + " Try: check the network and start again."},
        what,
        live::Remedy::network});
}

// The planned change of connections

void Machine::rotation_timer() {
  if (!rotation_due_) rotate_within(rotation_notice);
  // Else it was set to look at quiet() again, which settle() does.
}

void Machine::rotate_within(milliseconds notice) {
  if (phase_ != Phase::live) return;
  rotation_due_ = true;
  act(action::SetTimer{Timer::rotation_deadline, notice});
}

// Nothing would be lost: the service has answered everything, and its newest handle knows it.
bool Machine::quiet() const {
  if (phase_ != Phase::live || voice_ || !resumption_.current()) return false;
  const bool may_have_missed =
      voice_until_ns_ > handle_ns_ && now_ns_ - voice_until_ns_ < pause_after_speech.count();
  return turns_.all_finished() && !may_have_missed;
}

void Machine::hand_over() {
  act(action::Log{"handing the conversation over to a new connection"});
  const bool good = connection_ended(live::Remedy::none) >= good_life || served_;
  disconnect();
  handing_over_ = true;
  if (good) return connect();
  // A service that gives notice as soon as it is connected to is not followed at its pace.
  wait_then_connect(live::Remedy::resume);
}

// The world around it

void Machine::on(const input::GoingToSleep& /*sleep*/) {
  if (phase_ == Phase::idle || phase_ == Phase::asleep) return;
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

void Machine::on(const input::Woke& woke) {
  if (phase_ != Phase::asleep) return;
  const auto limit = session_.limits.idle_timeout;
  if (limit.count() > 0 && woke.slept >= limit) {
    return end(EndReason::idle, "The computer slept for longer than session.idle_timeout.");
  }
  backoff_.reset();
  waking_ = true;
  connect();
  reopen_devices();
}

void Machine::on(const input::NetworkChanged& change) {
  if (phase_ == Phase::waiting && waiting_because_ == live::Remedy::network) {
    act(action::CancelTimer{Timer::retry});
    return connect();
  }
  if (!change.lost || !established_ || (phase_ != Phase::connecting && !connected())) return;
  act(action::Log{"the address of the connection is gone: a new connection"});
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
  if (voice_) {
    voice_since_ns_ = now_ns_;
    return;
  }
  voice_until_ns_ = now_ns_;
  if (phase_ != Phase::live) return;
  if (rotation_due_)
    act(action::SetTimer{Timer::rotation, std::chrono::ceil<milliseconds>(pause_after_speech)});
  const bool heard = last_message_ns_ >= voice_since_ns_;
  const bool echo = turns_.any_audible();
  if (heard || echo || stall_ != Stall::none || now_ns_ - voice_since_ns_ < least_speech_ns) return;
  stall_ = Stall::listening;
  act(action::SetTimer{Timer::reaction, reaction_limit});
}

void Machine::no_reaction() {
  if (phase_ != Phase::live) return;
  if (stall_ == Stall::listening) {
    ++counters_.stalls;
    stall_ = Stall::nudged;
    act(action::Log{"the service does not react to what was said: telling it that that was all"});
    if (!status_.muted) act(action::Send{live::encode_audio_stream_end()});
    act(action::SetTimer{Timer::reaction, reaction_limit_after_nudge});
  } else if (stall_ == Stall::nudged) {
    stall_ = Stall::renewing;
    const std::string what = "The service does not react.";
    lose({{Error::network_unavailable, what}, what, live::Remedy::resume});
  }
}

}  // namespace gv::session
