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
// Speech is noticed so late: what was sent before, on the old connection, is sent again.
constexpr std::int64_t onset_ns = 300'000'000;
// A change of connection that takes longer is one that State shows.
constexpr milliseconds unnoticed{1000};
// One clean end may be a connection's, the next one is the service's last word.
constexpr unsigned most_clean_ends = 1;
// A connection that was good for so long has nothing to do with earlier failures.
constexpr seconds good_life{30};
// "Invalid argument" this late means that the context is full (section 2.8).
constexpr seconds late_in_session{60};

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
  if (session_.tools_ready) return send_setup();
  wait_for_tools();
}

void Machine::send_setup() {
  if (std::exchange(setup_waits_, false)) act(action::CancelTimer{Timer::tools});
  const auto handle = resumption_.offer(session_.profile.model);
  telling_history_ = handle.empty() && !history_refused_ && !told().empty();
  declared_ = session_.functions;
  act(action::Send{live::encode_setup(session_.profile, handle, telling_history_, declared_)});
}

void Machine::on(const input::TransportClosed& closed) {
  if (phase_ == Phase::connecting || connected()) lose(live::judge(closed.info, status_.model));
}

void Machine::on(const input::Message& message) {
  received_ns_ = message.received_ns;
  completed_turn_ = 0;
  for (const auto& happened : *message.events) {
    if (!connected()) return;
    std::visit([this](const auto& it) { event(it); }, happened);
  }
}

void Machine::event(const live::SetupComplete& /*complete*/) {
  if (phase_ != Phase::configuring || setup_waits_) return;
  phase_ = Phase::live;
  live_since_ns_ = now_ns_;
  billing_.connected();
  history_refused_ = false;
  ++counters_.connects;
  if (established_) {
    ++(std::exchange(handing_over_, false) ? counters_.handovers : counters_.reconnects);
  }
  act(action::CancelTimer{Timer::setup});
  act(action::SetTimer{Timer::rotation, rotation_age});
  if (telling_history_) act(action::Send{live::encode_history(told().turns())});
  tell_answers();
  say_again();
  send_microphone();
  // Later ones are no activity: else a service that keeps closing is met for ever.
  if (!std::exchange(established_, true)) touch();
  if (telling_history_) {
    // What belongs to a turn that is over has been told.
    std::erase_if(unsent_texts_, [this](const Typed& typed) {
      const Turn* turn = turns_.find(typed.turn);
      return turn == nullptr || turn->server_done;
    });
  }
  send_texts();
  if (outage_reported_) status_.last_error = device_trouble_;
  if (stall_ == Stall::renewing) tell_deaf();
  renew_tools();
}

void Machine::event(const live::GoAway& notice) {
  if (phase_ != Phase::live) return;
  if (!rotation_due_) {
    act(action::Log{"the service will end this connection in " +
                    std::to_string(notice.time_left.count()) + " ms"});
  }
  rotate_within(std::max<milliseconds>(notice.time_left - goaway_margin, seconds(1)));
}

void Machine::event(const live::ResumptionUpdate& update) {
  if (!resumption_.update(update.handle, update.resumable, session_.profile.model)) return;
  handle_ns_ = now_ns_;
  calls_.snapshot();
  told_.clear();
  keep_handle();
}

void Machine::keep_handle() {
  // Nothing of it is kept; what was said before it can be gone on with.
  if (session_.off_the_record && resumption_.any()) return;
  handle_kept_ = resumption_.any();
  act(action::KeepHandle{session_.profile_name, resumption_.handle()});
}

void Machine::event(const live::ServerError& error) {
  lose(live::judge(error, status_.model));
}

// Making it and ending it

void Machine::connect() {
  phase_ = key_ready_ ? Phase::connecting : Phase::keyless;
  telling_history_ = false;
  asked_ = false;
  served_ = false;
  status_.model = session_.profile.model;
  if (!key_ready_) return;
  act(action::OpenTransport{});
  act(action::SetTimer{Timer::setup, setup_limit});
}

// Whatever the service has not finished it never will. What was received plays on.
void Machine::disconnect(bool abrupt) {
  act(action::CloseTransport{abrupt});
  for (const auto timer :
       {Timer::setup, Timer::rotation, Timer::rotation_deadline, Timer::reaction, Timer::tools}) {
    act(action::CancelTimer{timer});
  }
  setup_waits_ = false;
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

void Machine::lose(live::Verdict verdict) {
  resumption_.hide(verdict.what);
  resumption_.hide(verdict.failure.message);
  const bool was_live = phase_ == Phase::live;
  const bool unanswered = turns_.awaiting_answer() && unanswered_texts_.empty();
  const bool with_handle = resumption_.offered();
  const bool handing_over = std::exchange(handing_over_, false);
  const nanoseconds lived = connection_ended(verdict.remedy);
  act(action::Log{"the connection is over: " + verdict.what});

  const bool refused = verdict.failure.error == Error::protocol_error;
  if (telling_history_ && refused && lived < good_life) {
    history_refused_ = true;
    recollection_.clear();
    return retry(verdict);
  }
  if (!established_ && with_handle && may_be_the_handle(verdict)) {
    // A paused conversation that cannot go on does not keep a new one from beginning. The service's
    // own trouble need not be the handle's: there ended() decides.
    const bool unclear =
        verdict.remedy == live::Remedy::resume || verdict.remedy == live::Remedy::overload;
    if (!unclear) resumption_.forget();
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
      if (!verdict.failure && !useful(lived) && ++clean_ends_ > most_clean_ends) {
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
  // The ordinary end of a connection is worth a word only if a spoken question went with it, or if
  // the next one cannot be made.
  const bool ordinary =
      verdict.remedy == live::Remedy::resume && was_live && !handing_over && !unanswered;
  if (!ordinary) report_outage(verdict);
}

bool Machine::useful(nanoseconds lived) const {
  return lived >= good_life || served_;
}

// What is known of it goes where it is needed next; how long it was of use.
nanoseconds Machine::connection_ended(live::Remedy remedy) {
  const bool was_live = phase_ == Phase::live;
  const nanoseconds lived{was_live ? now_ns_ - live_since_ns_ : 0};
  if (was_live) replay_since_ns_ = now_ns_ - onset_ns;
  resumption_.ended(remedy, lived);
  if (lived >= good_life) outage_reported_ = false;
  if (useful(lived)) {
    backoff_.reset();
    clean_ends_ = 0;
  }
  return lived;
}

void Machine::retry(const live::Verdict& verdict) {
  disconnect();
  wait_then_connect(verdict.remedy);
}

milliseconds Machine::wait_then_connect(live::Remedy because) {
  const auto wait = backoff_.next(because);
  if (wait.count() == 0) {
    connect();
  } else {
    phase_ = Phase::waiting;
    waiting_because_ = because;
    act(action::SetTimer{Timer::retry, wait});
  }
  return wait;
}

// What a service that knows nothing is told: what was said, also what is still being heard, except
// what it is asked again.
Recollection Machine::told() const {
  Recollection told = recollection_;
  for (const Turn& turn : turns_.all()) {
    if (!turn.server_done) continue;
    told.add(Role::user, turn.user_text);
    told.add(Role::model, turn.model_text);
  }
  return told;
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
  const std::int64_t deadline_ns = now_ns_ + nanoseconds(notice).count();
  if (rotation_due_ && deadline_ns >= rotation_deadline_ns_) return;
  rotation_due_ = true;
  rotation_deadline_ns_ = deadline_ns;
  act(action::SetTimer{Timer::rotation_deadline, notice});
  const nanoseconds unheard{voice_until_ns_ + pause_after_speech.count() - now_ns_};
  if (unheard.count() > 0) {
    act(action::SetTimer{Timer::rotation, std::chrono::ceil<milliseconds>(unheard)});
  }
}

// Nothing would be lost: the service has answered everything, and its newest handle knows it.
bool Machine::quiet() const {
  if (phase_ != Phase::live || user_speaks() || !resumption_.current()) return false;
  const bool may_have_missed =
      voice_until_ns_ > handle_ns_ && now_ns_ - voice_until_ns_ < pause_after_speech.count();
  return turns_.all_finished() && !may_have_missed && !calls_.awaited() && notes_.empty();
}

void Machine::hand_over() {
  act(action::Log{"handing the conversation over to a new connection"});
  const bool good = useful(connection_ended(live::Remedy::none));
  disconnect();
  handing_over_ = true;
  if (good) return connect();
  // A service that gives notice as soon as it is connected to is not followed at its pace.
  if (wait_then_connect(live::Remedy::resume) <= unnoticed) return;
  handing_over_ = false;
  report_outage({{}, "The service ends every connection at once.", live::Remedy::resume});
}

}  // namespace gv::session
