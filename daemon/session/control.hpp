// The port between the bus and the session: commands in, status and events out.
// Main thread only. Implemented by session::Driver; called by bus::Service, which only translates.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/util/error.hpp"

namespace gv::config {
struct Config;
}

namespace gv::session {

enum class State { idle, connecting, listening, thinking, speaking, reconnecting };
std::string_view contract_name(State state);

enum class EchoMode { cancel, half_duplex, off };
std::string_view contract_name(EchoMode mode);

enum class Role { user, model, tool };
std::string_view contract_name(Role role);

enum class EndReason { user, idle, hung_up, budget, error };
std::string_view contract_name(EndReason reason);

// What the bus properties say. A copy of it is compared with the last one to find what changed.
struct Status {
  State state = State::idle;
  bool muted = false;
  bool capture_open = false;  // the truth about the microphone
  bool playback_open = false;
  std::string session_id;
  std::string profile;
  std::string model;
  EchoMode echo_mode = EchoMode::off;
  Failure last_error;
  bool by_key = false;          // the user's turns go by the talk key
  bool talking = false;         // it is down, or was tapped
  bool off_the_record = false;  // nothing of the session is kept
  bool operator==(const Status&) const = default;
};

struct TranscriptEntry {
  std::uint64_t turn = 0;
  std::int64_t time_us = 0;  // microseconds since the epoch
  Role role = Role::user;
  std::string text;
};

// A web page that an answer rests on.
struct WebSource {
  std::string address;
  std::string title;
  bool operator==(const WebSource&) const = default;
};

struct TranscriptDetails {
  bool interrupted = false;
  std::uint32_t heard_ms = 0;  // of the answer, as played by the device; 0 for a user's text
  std::vector<WebSource> sources = {};
  // When it was heard, in ms since the session's start by the audio clock; both 0: unknown.
  std::uint64_t begin_ms = 0;
  std::uint64_t end_ms = 0;
};

// Values of GetStatistics and of TurnCompleted's details, by their contract names.
using Value =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<WebSource>>;
using Values = std::map<std::string, Value>;

// A session that begins.
struct SessionInfo {
  std::string id;
  std::string profile;
  std::string model;
  bool off_the_record = false;    // nothing of it may be kept
  std::int64_t time_us = 0;       // microseconds since the epoch
  std::string transcript_folder;  // the profile's; empty: none
  bool goes_on = false;           // with the conversation of an earlier session
};

// Tokens billed by the service for a turn, by modality. Each token is told once, however often and
// however cumulatively the service reports.
struct TokenUse {
  std::string profile;
  std::string model;
  std::uint64_t text_in = 0;
  std::uint64_t audio_in = 0;
  std::uint64_t image_in = 0;  // and video
  std::uint64_t text_out = 0;  // and thoughts
  std::uint64_t audio_out = 0;
};

// The configuration has been read anew.
struct Reloaded {
  const config::Config& config;       // valid while it is told
  std::vector<std::string> in_force;  // keys that changed, and hold from now on
  std::vector<std::string> waiting;   // those that hold from the next session on
};

// A tool that waits for the user's answer, as tool_approval_requested() told it.
struct ToolRequest {
  std::string call_id;
  std::string name;
  std::string what;
};

struct StartOptions {
  std::string profile;  // empty: default_profile
  bool off_the_record = false;
};

struct Device {
  std::string direction;  // "capture" or "playback"
  std::string name;       // ALSA PCM name
  std::string description;
};

// Everything the session tells the outside. Called on the main thread, never re-entrantly from
// within a Control method's caller other than the method itself.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void status_changed(const Status& status) = 0;
  virtual void transcript_delta(std::uint64_t turn, Role role, const std::string& text) = 0;
  virtual void transcript_completed(std::uint64_t turn, Role role, const std::string& text,
                                    const TranscriptDetails& details) = 0;
  virtual void turn_completed(std::uint64_t turn, const Values& details) = 0;
  // arguments, result: JSON objects. call_id: the service's, or ours where it gave none.
  virtual void tool_called(const std::string& call_id, const std::string& name,
                           const std::string& arguments) = 0;
  virtual void tool_finished(const std::string& call_id, const std::string& name,
                             const std::string& result) = 0;
  // Waits for Control::answer_tool(); tool_finished() follows in any case.
  virtual void tool_approval_requested(const std::string& call_id, const std::string& name,
                                       const std::string& what) = 0;
  // Of interest to who keeps books; the others need not listen.
  virtual void session_started(const SessionInfo& /*info*/) {}
  virtual void tokens_used(const TokenUse& /*use*/) {}
  // Most of usage.daily_budget is spent; US dollars, an estimate.
  virtual void budget_warning(double /*spent*/, double /*budget*/) {}
  virtual void reloaded(const Reloaded& /*reloaded*/) {}
  // The user said one of the profile's escalation_words.
  virtual void escalation_requested(std::uint64_t /*turn*/, const std::string& /*word*/) {}
  virtual void session_ended(EndReason reason, const std::string& message) = 0;
  virtual void error_occurred(const Failure& failure) = 0;
};

// How something came out that takes its time; Error::none: well. Called once, on the main thread,
// perhaps from within the method that it was given to.
using Done = std::function<void(const Failure&)>;

// Methods throw FailureError when they refuse; they return as soon as the request is accepted.
class Control {
 public:
  virtual ~Control() = default;
  virtual std::string start(const StartOptions& options) = 0;  // session id
  virtual void stop(bool forget) = 0;
  // true: it runs now, or will in a tenth of a second, if this is no repetition of a held key.
  virtual bool toggle(const StartOptions& options) = 0;
  virtual void mute(bool muted) = 0;
  // The talk key went down or up; down starts a session where none runs.
  virtual void talk(bool pressed) = 0;
  virtual void interrupt() = 0;
  virtual std::uint64_t send_text(const std::string& text) = 0;  // turn id
  // The image in the file or pipe, as context of the conversation. The descriptor stays the
  // caller's.
  virtual void send_image(int fd, const std::string& mime_type, Done done) = 0;
  // The same with the screen, by way of the desktop's portal, which may ask the user.
  virtual void send_screenshot(Done done) = 0;
  // To tool_approval_requested(). Where that is not asked (any more): Error::invalid_argument.
  virtual void answer_tool(const std::string& call_id, bool allow) = 0;
  // Those that wait for it now, the oldest first.
  virtual std::vector<ToolRequest> tool_requests() const = 0;
  virtual std::vector<TranscriptEntry> transcript(std::uint32_t newest) const = 0;  // 0: all
  virtual Values statistics() const = 0;
  virtual std::vector<Device> devices() const = 0;
  virtual std::vector<std::pair<std::string, std::string>> profiles() const = 0;
  virtual std::vector<std::string> reload() = 0;  // keys that need a new session
  virtual const Status& status() const = 0;
  // Observers are told in the order they came; each outlives its stay.
  virtual void add_observer(Observer& observer) = 0;
  virtual void remove_observer(Observer& observer) = 0;
};

}  // namespace gv::session
