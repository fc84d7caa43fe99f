#include "daemon/session/machine.hpp"

#include <algorithm>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/live/verdict.hpp"

namespace gv::session {

const Actions& Machine::step(const Input& input, std::int64_t now_ns) {
  actions_.clear();
  now_ns_ = now_ns;
  std::visit([this](const auto& happened) { on(happened); }, input);
  settle();
  return actions_;
}

// Commands

void Machine::on(const input::Start& start) {
  if (ending_) {
    turns_.silence();
    finish_ending();
  }
  // What was said belongs to one conversation, and that to one profile.
  const bool other = start.profile_name != session_.profile_name;
  if (start.kept.value.empty() || other) recollection_.clear();
  session_ = start;
  key_ready_ = start.key_ready;
  started_ns_ = now_ns_;
  speech_.clear();
  counters_ = {};
  billing_ = {};
  unsent_texts_.clear();
  unanswered_texts_.clear();
  was_ready_ = false;
  waking_ = false;
  device_trouble_ = {};
  discarding_ = false;
  established_ = false;
  handing_over_ = false;
  outage_reported_ = false;
  clean_ends_ = 0;
  history_refused_ = false;
  handle_kept_ = !start.kept.value.empty();
  stall_ = Stall::none;
  sent_press_.reset();
  tools_renewed_ns_ = 0;
  tools_settled_ = start.tools_ready;
  greeting_due_ = !start.profile.greeting.empty();
  escalation_words_ = profile::Phrases(start.profile.escalation_words);
  replay_since_ns_ = now_ns_;
  backoff_ = Backoff(start.seed);
  fallback_models_.assign(start.profile.fallback_models.begin(),
                          start.profile.fallback_models.end());
  // A paused conversation goes on with the model that it was held with; where that cannot be had
  // any more, with the profile's own.
  const auto known = std::ranges::find(fallback_models_, start.kept.model);
  if (known != fallback_models_.end()) {
    fallback_models_.erase(known);
    fallback_models_.push_front(std::exchange(session_.profile.model, start.kept.model));
  }
  resumption_.begin(start.kept);
  status_.session_id = start.session_id;
  status_.profile = start.profile_name;
  status_.echo_mode = start.echo_mode;
  status_.by_key = by_key();
  status_.off_the_record = start.off_the_record;
  status_.last_error = {};
  act(action::Started{{.id = start.session_id,
                       .profile = start.profile_name,
                       .model = session_.profile.model,
                       .off_the_record = start.off_the_record,
                       .transcript_folder = start.profile.transcript_folder,
                       .goes_on = !start.kept.value.empty()}});
  touch();
  connect();
  open_playback();
  if (!status_.muted) open_capture();
  set_limits();
}

void Machine::on(const input::Stop& stop) {
  if (stop.forget) {
    resumption_.forget();
    recollection_.clear();
    if (handle_kept_) keep_handle();
  }
  if (phase_ != Phase::idle) end(EndReason::user, "The session was stopped.");
}

void Machine::on(const input::Mute& mute) {
  // From now on it is as the user says.
  if (std::exchange(borrowed_, false) && !mute.muted && !by_key()) {
    replay_since_ns_ = key_.talking() && !presses_.empty() ? presses_.back().since_ns : now_ns_;
    presses_.clear();
    if (phase_ == Phase::live && !gated_) {
      act(action::CutMicrophone{});
      act(action::SendMicrophone{replay_since_ns_});
    }
  }
  const bool was_muted = status_.muted;
  set_muted(mute.muted);
  if (status_.muted != was_muted) ring(mute.muted ? action::Cue::muted : action::Cue::unmuted);
}

void Machine::set_muted(bool muted) {
  if (status_.muted == muted) return;
  status_.muted = muted;
  if (phase_ == Phase::idle || phase_ == Phase::asleep) return;
  if (muted) {
    close_capture();
    check_awake();
  } else {
    open_capture();
    const bool hears = phase_ == Phase::live && !gated_;
    if (hears && !by_key() && !borrowed_) act(action::SendMicrophone{now_ns_});
  }
}

void Machine::on(const input::Interrupt& /*interrupt*/) {
  if (phase_ == Phase::idle) return;
  if (!turns_.cuttable()) return;
  const bool generating = phase_ == Phase::live && turns_.running() != nullptr;
  cut_answer(now_ns_);
  unsent_texts_.clear();
  unanswered_texts_.clear();
  if (phase_ != Phase::live) {
    // The service was never asked: nothing of it comes that could be discarded.
    turns_.abandon();
    discarding_ = false;
  }
  if (generating && live::rules_for(status_.model).client_content_mid_session) {
    act(action::Send{live::encode_interrupt()});
  }
}

void Machine::on(const input::SendText& text) {
  if (phase_ == Phase::idle) return;
  stay();
  // Typed input interrupts a running answer like speech (live-api.md section 2.3), and begins a
  // turn of its own. While the user talks by key it waits, and interrupts nothing yet.
  const bool waits = by_key() && user_speaks();
  const auto* running = turns_.running();
  if (running == nullptr) {
    // The rest of a cut answer is still to come until its turnComplete.
    if (turns_.unfinished() == nullptr) discarding_ = false;
  } else if (running->got_audio && session_.profile.interruptions) {
    cut_answer(now_ns_);
  } else if (running->has_input && session_.profile.interruptions && !waits) {
    // The service drops the answer that it was about to give; there is nothing to silence.
    turns_.cut();
  }
  auto& turn = turns_.current();
  turn.has_input = true;
  turn.input_ns = turn.typed_ns = now_ns_;
  if (turn.words_ns == 0) turn.words_ns = now_ns_;
  if (!turn.user_text.empty()) Turns::append(turn.user_text, " ");
  Turns::append(turn.user_text, text.text);
  act(action::Delta{turn.id, Role::user, text.text});
  listen_for_escalation(turn, false);
  touch();
  unsent_texts_.push_back({turn.id, text.text});
  send_texts();
}

void Machine::on(const input::Refused& refused) {
  status_.last_error = refused.failure;
  act(action::Report{refused.failure});
}

void Machine::on(const input::Configured& configured) {
  configured_ = configured;
  if (phase_ == Phase::idle && !ending_) show_idle_profile();
}

// Time

void Machine::on(const input::TimerFired& fired) {
  if (phase_ == Phase::idle) return;
  switch (fired.timer) {
    case Timer::setup:
      return setup_overdue();
    case Timer::retry:
      if (phase_ == Phase::waiting) connect();
      return;
    case Timer::rotation:
      return rotation_timer();
    case Timer::rotation_deadline:
      if (phase_ == Phase::live) hand_over();
      return;
    case Timer::reaction:
      return no_reaction();
    case Timer::reopen:
      return reopen_devices();
    case Timer::talk:
      return heed(key_.tick(now_ns_));
    case Timer::give_back:
      return give_back();
    case Timer::tools:
      return tools_timer();
    case Timer::approval:
      approval_due_.reset();
      return deny_unanswered();
    case Timer::gate:
      gate_given_up_ = true;
      return;  // settle() opens it
    case Timer::farewell:
      return farewell_timer();
    case Timer::picture:
      picture_due_ = false;
      return;  // settle() sends it
    case Timer::idle:
      return check_idle();
    case Timer::max_duration:
      return end(EndReason::hung_up, "The session reached session.max_duration.");
  }
}

// What several inputs have in common

void Machine::cut_answer(std::int64_t asked_ns) {
  act(action::Flush{asked_ns});
  ++counters_.interruptions;
  turns_.cut();
  // Audio of the cancelled answer may still be on its way (live-api.md section 3.3).
  discarding_ = turns_.unfinished() != nullptr;
  last_discard_ns_ = now_ns_;
}

void Machine::end_answer(Turn& turn) {
  if (turn.ended || !turn.got_audio) return;
  turn.ended = true;
  act(action::EndTurn{turn.id});
}

void Machine::touch() {
  last_activity_ns_ = now_ns_;
}

void Machine::fail(const Failure& failure) {
  status_.last_error = failure;
  act(action::Report{failure});
  end(EndReason::error, failure.message);
}

void Machine::end(EndReason reason, std::string message) {
  if (reason != EndReason::error) ring(action::Cue::stopped);
  const bool was_connected = connected();
  stop_talking();
  end_tools();
  disconnect();
  if (!std::exchange(key_ready_, true)) act(action::StopKeySearch{});
  phase_ = Phase::idle;
  status_.off_the_record = false;
  handing_over_ = false;
  close_capture();
  close_playback();
  for (const auto timer : {Timer::retry, Timer::idle, Timer::max_duration, Timer::reopen}) {
    act(action::CancelTimer{timer});
  }
  unsent_texts_.clear();
  turns_.cut_audible();
  turns_.abandon();
  if (!status_.playback_open) turns_.silence();
  // From now on it is valid for so and so long.
  if (established_ && was_connected && resumption_.any()) keep_handle();
  ending_ = true;
  ended_ = {reason, std::move(message)};
}

void Machine::complete_turns() {
  listen_for_escalation();
  const std::size_t before = actions_.size();
  for (Turn& turn : turns_.all()) {
    if (turn.server_done && !turn.audible) place(turn);
  }
  turns_.complete(actions_);
  for (std::size_t i = before; i < actions_.size(); ++i) {
    const auto* said = std::get_if<action::Completed>(&actions_[i]);
    if (said != nullptr) recollection_.add(said->role, said->text);
  }
}

void Machine::finish_ending() {
  complete_turns();
  if (session_.off_the_record) recollection_.clear();
  status_.session_id.clear();
  show_idle_profile();
  ending_ = false;
  // Who hears that the session ended finds the properties that say so.
  publish();
  act(std::move(ended_));
}

void Machine::show_idle_profile() {
  status_.profile = configured_.profile_name;
  status_.model = configured_.model;
  status_.by_key = configured_.by_key;
}

// After every input: what follows from the facts, in one place.
void Machine::settle() {
  watch_gate();
  send_texts();
  send_pictures();
  complete_turns();
  watch_farewell();
  greet();
  send_notes();
  watch_questions();
  if (rotation_due_ && quiet()) hand_over();
  // A start that fails costs no paused conversation.
  if (established_ && handle_kept_ && !resumption_.any()) keep_handle();
  watch_borrowed();
  enter(visible_state());
  status_.talking = key_.talking();
  const bool released = capture_.closing == 0 && playback_.closing == 0;
  if (ending_ && turns_.empty() && released) {
    finish_ending();
  } else {
    publish();
  }
}

void Machine::publish() {
  if (status_ == published_) return;
  published_ = status_;
  act(action::Publish{});
}

void Machine::enter(State state) {
  if (state == status_.state) return;
  act(action::Log{std::string(contract_name(status_.state)) + " -> " +
                  std::string(contract_name(state))});
  status_.state = state;
  if (state == State::idle || state == State::connecting) return;
  if (!std::exchange(was_ready_, true)) ring(action::Cue::started);
}

State Machine::visible_state() const {
  if (phase_ == Phase::idle) return State::idle;
  if (!was_ready_) {
    const bool ready =
        phase_ == Phase::live && status_.playback_open && (status_.capture_open || status_.muted);
    if (!ready) return State::connecting;
  } else if (phase_ != Phase::live && !handing_over_) {
    return State::reconnecting;
  }
  if (turns_.any_audible()) return State::speaking;
  if (turns_.awaiting_answer() || calls_.blocked()) return State::thinking;
  return State::listening;
}

}  // namespace gv::session
