#include "daemon/session/machine.hpp"

#include <algorithm>
#include <utility>

#include "daemon/live/encode.hpp"
#include "daemon/live/verdict.hpp"

namespace gv::session {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// live-api.md section 2.6: setupComplete comes within 10 to 15 s or not at all.
constexpr seconds setup_limit{15};

}  // namespace

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
  session_ = start;
  counters_ = {};
  unsent_texts_.clear();
  was_ready_ = false;
  discarding_ = false;
  phase_ = Phase::connecting;
  status_.session_id = start.session_id;
  status_.profile = start.profile_name;
  status_.model = start.profile.model;
  status_.echo_mode = start.echo_mode;
  status_.last_error = {};
  touch();
  act(action::OpenTransport{});
  act(action::OpenPlayback{});
  playback_.pcm = Pcm::opening;
  if (!status_.muted) open_capture();
  act(action::SetTimer{Timer::setup, setup_limit});
  if (start.limits.idle_timeout.count() > 0) {
    act(action::SetTimer{Timer::idle, start.limits.idle_timeout});
  }
  if (start.limits.max_duration) {
    act(action::SetTimer{Timer::max_duration, *start.limits.max_duration});
  }
}

void Machine::on(const input::Stop& /*stop*/) {
  if (phase_ != Phase::idle) end(EndReason::user, "The session was stopped.");
}

void Machine::on(const input::Mute& mute) {
  if (status_.muted == mute.muted) return;
  status_.muted = mute.muted;
  if (phase_ == Phase::idle) return;
  if (mute.muted) {
    close_capture();
  } else {
    open_capture();
  }
}

void Machine::on(const input::Interrupt& /*interrupt*/) {
  if (phase_ != Phase::live) return;
  if (!turns_.cuttable()) return;
  const bool generating = turns_.running() != nullptr;
  cut_answer(now_ns_);
  if (generating && live::rules_for(status_.model).client_content_mid_session) {
    act(action::Send{live::encode_interrupt()});
  }
}

void Machine::on(const input::SendText& text) {
  if (phase_ == Phase::idle) return;
  // Typed input interrupts a running answer like speech (live-api.md section 2.3), and begins a
  // turn of its own.
  const auto* running = turns_.running();
  if (running == nullptr) {
    // The rest of a cut answer is still to come until its turnComplete.
    if (turns_.unfinished() == nullptr) discarding_ = false;
  } else if (running->got_audio && session_.profile.interruptions) {
    cut_answer(now_ns_);
  } else if (running->has_input && session_.profile.interruptions) {
    // The service drops the answer that it was about to give; there is nothing to silence.
    turns_.cut();
  }
  auto& turn = turns_.current();
  turn.has_input = true;
  turn.input_ns = now_ns_;
  if (!turn.user_text.empty()) turn.user_text += ' ';
  turn.user_text += text.text;
  act(action::Delta{turn.id, Role::user, text.text});
  touch();
  if (phase_ == Phase::live) {
    act(action::Send{live::encode_text(text.text)});
  } else {
    unsent_texts_.push_back(text.text);
  }
}

void Machine::on(const input::Refused& refused) {
  status_.last_error = refused.failure;
  act(action::Report{refused.failure});
}

void Machine::on(const input::Configured& configured) {
  configured_ = configured;
  if (phase_ == Phase::idle && !ending_) show_idle_profile();
}

// The transport

void Machine::on(const input::TransportOpened& /*opened*/) {
  if (phase_ != Phase::connecting) return;
  phase_ = Phase::configuring;
  act(action::Send{live::encode_setup(session_.profile, "")});
}

void Machine::on(const input::TransportClosed& closed) {
  if (phase_ == Phase::idle) return;
  const auto failure = live::judge(closed.info, status_.model);
  if (failure) {
    fail(failure);
  } else {
    end(EndReason::hung_up, "The service ended the session.");
  }
}

void Machine::on(const input::Message& message) {
  received_ns_ = message.received_ns;
  completed_turn_ = 0;
  for (const auto& happened : *message.events) {
    if (phase_ == Phase::idle) return;
    std::visit([this](const auto& it) { event(it); }, happened);
  }
}

// The audio engine

void Machine::on(const input::CaptureOpened& /*opened*/) {
  status_.capture_open = true;
  stream_opened(capture_);
}

void Machine::on(const input::CaptureClosed& /*closed*/) {
  status_.capture_open = false;
  if (capture_.closing > 0) --capture_.closing;
}

void Machine::on(const input::CaptureFailed& failed) {
  status_.capture_open = false;
  const bool unmuting = capture_.pcm == Pcm::opening && was_ready_;
  if (!stream_failed(capture_)) return;
  if (!unmuting) return fail(failed.failure);
  // The conversation can go on without the microphone, and Muted says so.
  status_.muted = true;
  status_.last_error = failed.failure;
  act(action::Report{failed.failure});
}

void Machine::on(const input::PlaybackOpened& /*opened*/) {
  status_.playback_open = true;
  stream_opened(playback_);
}

void Machine::on(const input::PlaybackClosed& /*closed*/) {
  status_.playback_open = false;
  turns_.silence();
  if (playback_.closing > 0) --playback_.closing;
}

void Machine::on(const input::PlaybackFailed& failed) {
  status_.playback_open = false;
  turns_.silence();
  if (stream_failed(playback_)) fail(failed.failure);
}

void Machine::on(const input::PlayStarted& started) {
  auto* turn = turns_.find(started.turn);
  if (turn == nullptr || turn->latency_ms != 0 || turn->input_ns == 0) return;
  turn->latency_ms = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, (started.accepted_ns - turn->input_ns) / 1'000'000));
  counters_.last_turn_latency_ms = turn->latency_ms;
}

void Machine::on(const input::Played& played) {
  touch();
  auto* turn = turns_.find(played.turn);
  if (turn == nullptr) return;
  turn->heard_ms += played.heard_ms;
  turn->audible = false;
}

// Time

void Machine::on(const input::TimerFired& fired) {
  if (phase_ == Phase::idle) return;
  switch (fired.timer) {
    case Timer::setup:
      if (phase_ == Phase::live) return;
      return fail({Error::network_unavailable, "The service did not answer within " +
                                                   std::to_string(setup_limit.count()) +
                                                   " s. Try: check the network and start again."});
    case Timer::idle: {
      const milliseconds silent{(now_ns_ - last_activity_ns_) / 1'000'000};
      const auto limit = session_.limits.idle_timeout;
      // An answer that never comes is no activity: the model may choose not to answer.
      const bool busy = turns_.any_audible();
      if (!busy && silent >= limit) {
        return end(EndReason::idle, "Nothing was said for " + std::to_string(limit.count() / 1000) +
                                        " s (session.idle_timeout).");
      }
      act(action::SetTimer{Timer::idle, busy ? limit : limit - silent});
      return;
    }
    case Timer::max_duration:
      return end(EndReason::hung_up, "The session reached session.max_duration.");
  }
}

// What several inputs have in common

void Machine::stream_opened(Stream& stream) {
  if (stream.closing == 0 && stream.pcm == Pcm::opening) stream.pcm = Pcm::open;
}

bool Machine::stream_failed(Stream& stream) {
  if (stream.closing > 0) {
    --stream.closing;
    return false;
  }
  return std::exchange(stream.pcm, Pcm::closed) != Pcm::closed;
}

void Machine::open_capture() {
  capture_.pcm = Pcm::opening;
  act(action::OpenCapture{});
}

void Machine::close_capture() {
  if (capture_.pcm == Pcm::closed) return;
  capture_.pcm = Pcm::closed;
  ++capture_.closing;
  act(action::CloseCapture{});
  // The service would wait for the rest of the sentence (live-api.md section 2.3).
  if (phase_ == Phase::live && session_.profile.turn_taking == config::TurnTaking::automatic) {
    act(action::Send{live::encode_audio_stream_end()});
  }
}

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
  phase_ = Phase::idle;
  act(action::CloseTransport{});
  close_capture();
  if (std::exchange(playback_.pcm, Pcm::closed) != Pcm::closed) {
    ++playback_.closing;
    act(action::ClosePlayback{});
  }
  for (const auto timer : {Timer::setup, Timer::idle, Timer::max_duration}) {
    act(action::CancelTimer{timer});
  }
  discarding_ = false;
  unsent_texts_.clear();
  turns_.abandon();
  if (!status_.playback_open) turns_.silence();
  ending_ = true;
  ended_ = {reason, std::move(message)};
}

void Machine::finish_ending() {
  turns_.complete(actions_, counters_.tokens);
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
}

// After every input: what follows from the facts, in one place.
void Machine::settle() {
  turns_.complete(actions_, counters_.tokens);
  enter(visible_state());
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
  if (state != State::idle && state != State::connecting) was_ready_ = true;
}

State Machine::visible_state() const {
  if (phase_ == Phase::idle) return State::idle;
  const bool ready = phase_ == Phase::live && status_.playback_open &&
                     (status_.capture_open || status_.muted || was_ready_);
  if (!ready) return State::connecting;
  if (turns_.any_audible()) return State::speaking;
  if (turns_.awaiting_answer()) return State::thinking;
  return State::listening;
}

}  // namespace gv::session
