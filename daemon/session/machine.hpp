// The session's state machine: what happened in, what to do out. All policy of a session lives
// here and only here. Pure: no clock, no I/O; the driver runs it on the main thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/live/verdict.hpp"
#include "daemon/profile/phrases.hpp"
#include "daemon/session/action.hpp"
#include "daemon/session/backoff.hpp"
#include "daemon/session/billing.hpp"
#include "daemon/session/input.hpp"
#include "daemon/session/push_to_talk.hpp"
#include "daemon/session/recollection.hpp"
#include "daemon/session/resumption.hpp"
#include "daemon/session/speech_times.hpp"
#include "daemon/session/tool_calls.hpp"
#include "daemon/session/turns.hpp"

namespace gv::session {

// Counted by the machine since the session's start; GetStatistics shows them.
struct Counters {
  std::uint64_t connects = 0;
  std::uint64_t reconnects = 0;  // connections made anew after an unplanned loss
  std::uint64_t handovers = 0;   // planned changes of the connection
  std::uint64_t interruptions = 0;
  std::uint64_t stalls = 0;            // the user spoke and the service did not react
  std::uint64_t late_audio_parts = 0;  // of cancelled turns, discarded
  std::uint64_t last_turn_latency_ms = 0;
  std::uint64_t tool_calls = 0;
  std::uint64_t tool_errors = 0;  // of these: refused, denied or failed
  live::Usage tokens;
};

class Machine {
 public:
  // now_ns: CLOCK_MONOTONIC. The actions are valid until the next step.
  const Actions& step(const Input& input, std::int64_t now_ns);

  const Status& status() const { return status_; }
  const Counters& counters() const { return counters_; }
  bool running() const { return phase_ != Phase::idle; }
  // The talk key is pressed anew, and does not merely repeat itself.
  bool new_press(std::int64_t now_ns) const { return key_.fresh(now_ns); }
  bool takes_text() const { return unsent_texts_.size() < max_waiting_texts; }
  bool takes_pictures() const { return pictures_.size() < max_waiting_pictures; }
  // Not answered yet, those that wait for the user's word among them.
  const ToolCalls& calls() const { return calls_; }
  // Of the conversation, as far as it can be resumed; a secret.
  std::string_view handle() const { return resumption_.handle().value; }
  std::uint64_t last_turn() const { return turns_.last_id(); }
  // Whoever talks over the answer may be given room before the service says so. Not by key, whose
  // press says it.
  bool barge_in() const { return session_.profile.interruptions && !by_key(); }

 private:
  // More typed text than this does not wait for the service.
  static constexpr std::size_t max_waiting_texts = 16;
  static constexpr std::size_t max_waiting_pictures = 4;
  // What was said so long ago without a reaction was not meant for the service, or lost already.
  static constexpr std::chrono::nanoseconds pause_after_speech = std::chrono::seconds(5);

  enum class Phase {
    idle,
    keyless,      // the API key is being looked for
    connecting,   // transport opening
    configuring,  // setup sent, setupComplete awaited
    live,
    waiting,  // for the next attempt to connect
    asleep,   // with the machine that we run on
  };
  enum class Pcm { closed, opening, open };
  // What is wanted of a device and how far it got. Requests are answered in order, so that while
  // closes are unanswered every event is about an earlier request.
  struct Stream {
    Pcm pcm = Pcm::closed;
    unsigned closing = 0;  // close requests without an answer yet
  };

  void on(const input::Start& start);
  void on(const input::Stop& stop);
  void on(const input::Mute& mute);
  void on(const input::Talk& talk);
  void on(const input::TalkSent& sent);
  void on(const input::Interrupt& interrupt);
  void on(const input::SendText& text);
  void on(const input::SendPicture& send);
  void on(const input::ToolAnswered& answered);
  void on(const input::Refused& refused);
  void on(const input::Limits& limits);
  void on(const input::BudgetSpent& spent);
  void on(const input::Configured& configured);
  void on(const input::KeyFound& found);
  void on(const input::KeyMissing& missing);
  void on(const input::TransportOpened& opened);
  void on(const input::TransportClosed& closed);
  void on(const input::Message& message);
  void on(const input::Voice& voice);
  void on(const input::FaintVoice& voice);
  void on(const input::ToolsChanged& changed);
  void on(const input::ToolPlanned& planned);
  void on(const input::ToolFinished& finished);
  void on(const input::GoingToSleep& sleep);
  void on(const input::Woke& woke);
  void on(const input::NetworkChanged& change);
  void on(const input::EchoChanged& changed);
  void on(const input::CaptureOpened& opened);
  void on(const input::CaptureClosed& closed);
  void on(const input::CaptureFailed& failed);
  void on(const input::CaptureLost& lost);
  void on(const input::PlaybackOpened& opened);
  void on(const input::PlaybackClosed& closed);
  void on(const input::PlaybackFailed& failed);
  void on(const input::PlaybackLost& lost);
  void on(const input::PlayStarted& started);
  void on(const input::Played& played);
  void on(const input::TimerFired& fired);

  void event(const live::SetupComplete& complete);
  void event(const live::Interrupted& interrupted);
  void event(const live::AudioPart& part);
  void event(const live::InputTranscription& words);
  void event(const live::OutputTranscription& words);
  void event(const live::Grounding& grounding);
  void event(const live::GenerationComplete& complete);
  void event(const live::TurnComplete& complete);
  void event(const live::Usage& reported);
  void event(const live::ToolCall& wanted);
  void event(const live::ToolCallCancelled& cancelled);
  void event(const live::GoAway& notice);
  void event(const live::ResumptionUpdate& update);
  void event(const live::ServerError& error);

  // The connection (machine_connection.cpp).
  bool connected() const { return phase_ == Phase::configuring || phase_ == Phase::live; }
  void connect();
  void send_setup();
  void disconnect(bool abrupt = false);
  void lose(live::Verdict verdict);
  void answered(const Turn& turn);
  Recollection told() const;
  std::chrono::nanoseconds connection_ended(live::Remedy remedy);
  bool useful(std::chrono::nanoseconds lived) const;
  void retry(const live::Verdict& verdict);
  std::chrono::milliseconds wait_then_connect(live::Remedy because);
  bool use_fallback_model();
  void report_outage(const live::Verdict& verdict);
  void setup_overdue();
  void rotation_timer();
  void rotate_within(std::chrono::milliseconds notice);
  void keep_handle();
  bool quiet() const;
  void hand_over();

  // The talk key, and what of the microphone the service gets (machine_talk.cpp).
  bool by_key() const { return session_.profile.turn_taking == config::TurnTaking::push_to_talk; }
  bool user_speaks() const;
  void heed(TalkKey::Change change);
  void talk_begins();
  void talk_ends();
  void refuse_to_talk();
  void stop_talking();
  void talk_over();
  void close_borrowed();
  void watch_borrowed();
  void give_back();
  void lost_words();
  void say_again();
  void send_texts();
  void send_microphone();

  // What the model may do (machine_tools.cpp).
  void wait_for_tools();
  void tools_timer();
  void renew_tools();
  void run_tool(ToolCall& call);
  void answer(ToolCall& call, const std::string& response, bool failed);
  void tell_answer(ToolCall& call);
  void tell_answers();
  void drop_call(ToolCall& call);
  void deny_unanswered();
  void end_tools();
  void tell(const std::string& text, bool to_answer);
  void note(const std::string& text, bool to_answer);
  void send_notes();
  void send_pictures();
  void watch_gate();
  void watch_questions();
  void watch_farewell();
  void farewell_timer();
  void hang_up();
  void stay();

  // What the profile does besides (machine_profile.cpp).
  void greet();
  void listen_for_escalation(Turn& turn, bool growing);
  void listen_for_escalation();

  // Does the service react? (machine_watch.cpp)
  void said(bool to_react);
  void reacted();
  void no_reaction();
  void renew_deaf();
  void tell_deaf();
  // Ends a session that slept through its idle_timeout.
  bool too_long(std::chrono::milliseconds slept);

  void ring(action::Cue cue);
  // What bounds a session (machine_limits.cpp).
  void set_limits();
  void check_idle();

  void set_muted(bool muted);
  void stream_opened(Stream& stream);
  void check_awake();
  // True: it is about the stream that is wanted now, which is closed from here on.
  bool stream_failed(Stream& stream);
  void stream_lost(Stream& stream, const Failure& failure);
  void report_device(const Failure& failure);
  void wait_for_devices(const Failure& failure);
  void open_capture();
  void close_capture();
  bool close_microphone(bool keep_sound);
  void reopen_devices();
  void open_playback();
  void close_playback();
  void cut_answer(std::int64_t asked_ns);
  bool is_late();
  void end_answer(Turn& turn);
  void touch();
  void fail(const Failure& failure);
  void end(EndReason reason, std::string message);
  void complete_turns();
  void place(Turn& turn) const;
  void finish_ending();
  void show_idle_profile();
  void settle();
  void publish();
  void enter(State state);
  State visible_state() const;

  template <class T>
  void act(T action) {
    actions_.emplace_back(std::move(action));
  }

  Actions actions_;
  std::int64_t now_ns_ = 0;
  std::int64_t received_ns_ = 0;      // of the message being handled
  std::uint64_t completed_turn_ = 0;  // by the message being handled; 0: none
  Phase phase_ = Phase::idle;
  Stream capture_;
  Stream playback_;
  bool was_ready_ = false;         // the session has listened at least once
  bool waking_ = false;            // devices may take a while to be there again
  bool borrowed_ = false;          // muted but for the talk key
  bool giving_back_ = false;       // Timer::give_back runs
  bool backlog_reported_ = false;  // too many presses wait, and the user knows
  unsigned reopens_ = 0;           // tried in vain since waking
  Failure device_trouble_;         // as reported; none: the devices are there
  Status status_;
  Status published_;
  Counters counters_;
  input::Start session_;  // the profile's model is the one in use
  input::Configured configured_;
  std::int64_t started_ns_ = 0;
  Turns turns_;
  SpeechTimes speech_;
  Billing billing_;
  struct Typed {
    std::uint64_t turn = 0;
    std::string text;
  };
  std::deque<Typed> unsent_texts_;  // written while there was no connection, or the key was down
  std::deque<Typed> unanswered_texts_;  // sent, and in no snapshot of the service's yet

  // The connection.
  bool key_ready_ = true;  // false: it waits for the API key
  Resumption resumption_;
  Recollection recollection_;
  Backoff backoff_;
  std::deque<std::string> fallback_models_;  // not tried yet
  bool established_ = false;                 // the session has had a connection that was set up
  bool handing_over_ = false;                // planned: State stays what it was
  bool rotation_due_ = false;                // at the next quiet point
  std::int64_t rotation_deadline_ns_ = 0;    // where rotation_due_
  bool telling_history_ = false;             // the connection begins with what was said before
  bool history_refused_ = false;             // what was told may be what the service disliked
  bool asked_ = false;                       // the user spoke or wrote since it was asked for
  bool served_ = false;                      // and was answered
  bool outage_reported_ = false;
  bool handle_kept_ = false;                           // the store has one for this profile
  unsigned clean_ends_ = 0;                            // 1000, since a connection was of use
  live::Remedy waiting_because_ = live::Remedy::none;  // in Phase::waiting
  std::int64_t live_since_ns_ = 0;
  std::int64_t replay_since_ns_ = 0;  // the service heard the microphone up to here

  // What the model may do.
  ToolCalls calls_;
  std::deque<ToolCall> told_;             // answered, and in no snapshot of the service's yet
  std::vector<live::Function> declared_;  // to this connection
  std::int64_t tools_renewed_ns_ = 0;     // when settled ones last made a new connection; 0: never
  bool tools_settled_ = true;             // every server has told what it offers, or failed
  bool setup_waits_ = false;              // for the servers of tools
  std::set<std::string> allowed_;         // by the user, for this session
  std::optional<std::int64_t> approval_due_;
  struct Note {
    std::string text;
    bool to_answer = false;
  };
  std::deque<Note> notes_;     // for the model, at the next quiet point
  std::string context_;        // for a model that takes no notes: before the next typed text
  bool call_refused_ = false;  // the last one, for too many open ones
  struct WaitingPicture {
    tools::Picture picture;
    bool of_tool = false;  // its answer waits for it
  };
  std::deque<WaitingPicture> pictures_;
  std::int64_t last_picture_ns_ = 0;
  bool picture_due_ = false;    // Timer::picture runs
  bool gated_ = false;          // the service does not get what is said
  bool gate_given_up_ = false;  // for too long
  bool hanging_up_ = false;     // when the farewell has been heard
  bool farewell_due_ = false;   // it has, and nothing has followed yet

  bool greeting_due_ = false;  // of a session that has not listened yet
  profile::Phrases escalation_words_;

  // The talk key.
  TalkKey key_;
  struct Press {
    std::int64_t since_ns = 0;
    std::int64_t until_ns = 0;  // 0: it lasts
    bool heard = false;         // a voice in it
    bool ignored = false;       // it began during an answer that is not to be interrupted
    bool repeated = false;      // to a second connection
    bool forgotten = false;     // its sound is not kept any more
  };
  std::deque<Press> presses_;        // of which the service does not know the end yet
  std::optional<Press> sent_press_;  // the last one that it knows, until it reacts
  std::int64_t said_until_ns_ = 0;   // the end of the last one
  std::optional<std::int64_t> talk_due_ns_;

  // Does it react to what the user says? (users.md (a): sessions that went deaf)
  enum class Stall {
    none,
    listening,  // the user has spoken, no reaction yet
    nudged,     // none for too long
    renewing,   // the connection is being made anew
    repeated,   // the new one gets the last press again
    told,       // the user knows; until the service reacts to something, nothing more is tried
  };
  Stall stall_ = Stall::none;
  bool voice_ = false;  // the user speaks
  std::int64_t voice_since_ns_ = 0;
  std::int64_t voice_until_ns_ = 0;
  std::int64_t handle_ns_ = 0;  // when the newest handle came
  std::int64_t last_reaction_ns_ = 0;
  std::int64_t last_activity_ns_ = 0;
  bool discarding_ = false;  // audio of an interrupted answer is still coming in
  std::int64_t last_discard_ns_ = 0;
  // A session is over when its last turn is and both devices are released: SessionEnded waits for
  // that.
  bool ending_ = false;
  action::Ended ended_;
};

}  // namespace gv::session
