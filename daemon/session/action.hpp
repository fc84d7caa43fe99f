// What a step of the machine asks for, in order. Pure values; the driver executes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/session/control.hpp"
#include "daemon/session/input.hpp"

namespace gv::session {

namespace action {

// The API key is not wanted any more.
struct StopKeySearch {};
struct OpenTransport {};
struct CloseTransport {
  bool abrupt = false;  // the network is gone: there is nobody to say goodbye to
};
struct Send {
  std::string message;
};
// What the microphone hears between these moments goes to the service, behind what was asked for
// before; by_key: between the marks of an activity.
struct SendMicrophone {
  std::int64_t since_ns = 0;
  bool by_key = false;
  std::int64_t until_ns = 0;  // 0: it lasts
};
// The last of these is over; the driver says when all of it is on its way.
struct EndMicrophone {
  std::int64_t until_ns = 0;
};
// The talk key is down: from now on all sound is kept until it can be sent; or it went up then.
struct KeepSound {
  bool key_down = false;
  std::int64_t at_ns = 0;
};
// Nothing more of the microphone goes out; an open activity gets its end now.
struct CutMicrophone {};
// The conversation can be gone on with from here, by a later session too; an empty one: no more.
struct KeepHandle {
  std::string profile;
  Handle handle;
};
struct OpenCapture {};
struct CloseCapture {
  bool keep_sound = false;  // what it heard is still to be sent
};
struct OpenPlayback {};
struct ClosePlayback {};
// One part of an answer; the view is valid while the step's message is.
struct Play {
  std::uint64_t turn = 0;
  std::string_view base64;
  unsigned rate_hz = 0;
  std::int64_t received_ns = 0;
};
// Nothing more of this turn's answer follows.
struct EndTurn {
  std::uint64_t turn = 0;
};
// Silence now. asked_ns: when the reason for it came in.
struct Flush {
  std::int64_t asked_ns = 0;
};
struct SetTimer {
  Timer timer = Timer::setup;
  std::chrono::milliseconds delay{0};
};
struct CancelTimer {
  Timer timer = Timer::setup;
};
// status() differs from what was last published.
struct Publish {};
struct Delta {
  std::uint64_t turn = 0;
  Role role = Role::user;
  std::string text;
};
struct Completed {
  std::uint64_t turn = 0;
  Role role = Role::user;
  std::string text;
  TranscriptDetails details;
};
struct TurnDone {
  std::uint64_t turn = 0;
  Values details;
};
// Tokens that were not told before.
struct Billed {
  TokenUse use;
};
// What it would do comes as ToolPlanned.
struct PlanTool {
  std::uint64_t call = 0;
  std::string name;
  std::string arguments;
};
// Its result comes as ToolFinished, unless CancelTool does first.
struct RunTool {
  std::uint64_t call = 0;
  std::string name;
  std::string arguments;
};
struct CancelTool {
  std::uint64_t call = 0;
};
// The session is over for its tools.
struct EndTools {};
// May it run? The answer comes as ToolAnswered, if one comes before StopAsking.
struct AskUser {
  std::string call;
  std::string name;
  std::string what;  // will run, verbatim
};
struct StopAsking {
  std::string call;
};
// For those who watch; call: the id, as shown.
struct ToolCalled {
  std::string call;
  std::string name;
  std::string arguments;
};
struct ToolDone {
  std::string call;
  std::string name;
  std::string result;
};
// The user said one of the profile's escalation_words.
struct Escalate {
  std::uint64_t turn = 0;
  std::string word;  // of the configuration
};
// Accepted: the model is the one that is asked first. The driver adds the time of day.
struct Started {
  SessionInfo info;
};
struct Ended {
  EndReason reason = EndReason::user;
  std::string message;
};
struct Report {
  Failure failure;
};
// What a short sound tells. started, unmuted: once the microphone hears, where it is to.
enum class Cue { started, stopped, muted, unmuted };
struct Ring {
  Cue cue = Cue::started;
};
struct Log {
  std::string text;
};

}  // namespace action

using Action = std::variant<
    action::StopKeySearch, action::OpenTransport, action::CloseTransport, action::Send,
    action::SendMicrophone, action::EndMicrophone, action::KeepSound, action::CutMicrophone,
    action::KeepHandle, action::OpenCapture, action::CloseCapture, action::OpenPlayback,
    action::ClosePlayback, action::Play, action::EndTurn, action::Flush, action::SetTimer,
    action::CancelTimer, action::Publish, action::Delta, action::Completed, action::TurnDone,
    action::Billed, action::PlanTool, action::RunTool, action::CancelTool, action::EndTools,
    action::AskUser, action::StopAsking, action::ToolCalled, action::ToolDone, action::Escalate,
    action::Started, action::Ended, action::Report, action::Ring, action::Log>;
using Actions = std::vector<Action>;

}  // namespace gv::session
