// What can happen to a session. Pure values; the driver turns callbacks into them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/live/messages.hpp"
#include "daemon/live/transport.hpp"
#include "daemon/session/control.hpp"
#include "daemon/session/resumption.hpp"
#include "daemon/tools/host.hpp"
#include "daemon/util/error.hpp"

namespace gv::session {

enum class Timer {
  setup,              // setupComplete is overdue
  idle,               // session.idle_timeout may be over
  max_duration,       // session.max_duration is over
  retry,              // the wait before the next connection is over
  rotation,           // the connection is near the age at which the service ends it
  rotation_deadline,  // it ends now, quiet or not
  reaction,           // the service should have reacted to what the user said
  reopen,             // a device that was not there yet after waking is tried again
  talk,               // the talk key's next decision
  give_back,          // a microphone that was opened for the talk key has given its last words
  tools,              // the model's tools: there is no more waiting for them, or they are new
  approval,           // a question to the user has waited long enough
  gate,               // so long the microphone waited for a tool
  farewell,           // the model said goodbye, and nothing comes any more
  picture,            // the next picture may go out
};

namespace input {

// Commands. The driver has checked that they make sense (a key is there, the profile exists).
struct Start {
  std::string session_id;
  bool key_ready = true;  // false: KeyFound or KeyMissing follows
  std::string profile_name;
  config::Profile profile;
  config::Session limits;
  EchoMode echo_mode = EchoMode::off;
  Handle kept;        // of the paused conversation that is to go on; none: a new one
  unsigned seed = 1;  // of the jitter
  std::vector<live::Function> functions;  // what the model may call
  bool tools_ready = true;                // all that it will be able to, as far as is known
  std::chrono::milliseconds approval_timeout{60'000};
  bool off_the_record = false;
};
struct Stop {
  bool forget = false;  // the conversation cannot go on after it
};
struct Mute {
  bool muted = false;
};
// The talk key went down or up.
struct Talk {
  bool pressed = false;
};
struct Interrupt {};
struct SendText {
  std::string text;
};
struct SendPicture {
  tools::Picture picture;
};
// The user's word on a tool that asks. call: its id, as shown.
struct ToolAnswered {
  std::string call;
  bool allow = false;
};
// A command failed before it became a session: shown as LastError.
struct Refused {
  Failure failure;
};

// Other limits for the session that runs, if one does.
struct Limits {
  config::Session limits;
  std::chrono::milliseconds approval_timeout{60'000};
};
// usage.daily_budget is spent.
struct BudgetSpent {
  Failure failure;
};

// What Start would use now: shown while no session runs.
struct Configured {
  std::string profile_name;
  std::string model;
  bool by_key = false;
};

// The API key that Start went without, or why there is none.
struct KeyFound {};
struct KeyMissing {
  Failure failure;
};

// The transport.
struct TransportOpened {};
struct TransportClosed {
  live::CloseInfo info;
};
struct Message {
  const live::Events* events = nullptr;  // valid for the step
  std::int64_t received_ns = 0;
};

// All of the oldest press that was asked for is with the connection, which may still lose it.
struct TalkSent {
  bool empty = false;  // there was no sound of it, or is none any more: nothing of it was sent
};

// Of the microphone's sound: speech began (true) or ended.
struct Voice {
  bool speaking = false;
  std::int64_t at_ns = 0;  // when, at the microphone; 0: now
};

// The same, of what may be a quiet voice.
struct FaintVoice {
  bool speaking = false;
};

// The tools.
struct ToolsChanged {
  std::vector<live::Function> functions;
  bool ready = false;
};
struct ToolPlanned {
  std::uint64_t call = 0;
  tools::Plan plan;
};
struct ToolFinished {
  std::uint64_t call = 0;
  tools::Result result;
};

// The machine that we run on.
struct GoingToSleep {};
struct Woke {
  std::chrono::milliseconds slept{0};
};
// The network is another one: the address of the connection is gone (lost), or one came.
struct NetworkChanged {
  bool lost = false;
};

// Of what is done about the echo.
struct EchoChanged {
  EchoMode mode = EchoMode::off;
};

// The audio engine.
struct CaptureOpened {};
struct CaptureClosed {};
struct CaptureFailed {
  Failure failure;
};
// The device went away; the engine keeps trying, CaptureOpened follows.
struct CaptureLost {
  Failure failure;
};
struct PlaybackOpened {};
struct PlaybackClosed {};
struct PlaybackFailed {
  Failure failure;
};
struct PlaybackLost {
  Failure failure;
};
struct PlayStarted {
  std::uint64_t turn = 0;
  std::int64_t accepted_ns = 0;
  std::int64_t heard_ns = 0;  // its first sample left the device; 0: unknown
};
struct Played {
  std::uint64_t turn = 0;
  unsigned heard_ms = 0;
  std::int64_t end_ns = 0;  // its last sample left the device, or that was stopped; 0: unknown
};

struct TimerFired {
  Timer timer = Timer::setup;
};

}  // namespace input

using Input =
    std::variant<input::Start, input::Stop, input::Mute, input::Talk, input::Interrupt,
                 input::SendText, input::SendPicture, input::ToolAnswered, input::Refused,
                 input::Limits, input::BudgetSpent, input::Configured, input::KeyFound,
                 input::KeyMissing, input::TransportOpened, input::TransportClosed, input::Message,
                 input::TalkSent, input::Voice, input::FaintVoice, input::ToolsChanged,
                 input::ToolPlanned, input::ToolFinished, input::GoingToSleep, input::Woke,
                 input::NetworkChanged, input::EchoChanged, input::CaptureOpened,
                 input::CaptureClosed, input::CaptureFailed, input::CaptureLost,
                 input::PlaybackOpened, input::PlaybackClosed, input::PlaybackFailed,
                 input::PlaybackLost, input::PlayStarted, input::Played, input::TimerFired>;

}  // namespace gv::session
