// The script of a run: faults and events at chosen moments, read from a JSON file. The language,
// with examples, is in tests/sim/README.md. Parsing is pure; what an action does is
// session_script.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

namespace gv::sim {

enum class Event {
  connect,       // HTTP upgrade request
  setup,         // a valid setup arrived
  ready,         // setupComplete was sent
  audio_ms,      // so much microphone audio has come on this connection
  speech_start,  // own detector, or activityStart
  speech_end,    // own detector, activityEnd or audioStreamEnd
  text,          // realtimeInput.text
  client_content,
  answer_start,   // before the first audio of an answer
  answer_ms,      // so much of an answer has been sent
  interrupted,    // interrupted was sent, its turnComplete was not yet
  turn_complete,  // turnComplete was sent
  tool_response,
};

enum class NextAnswer { normal, empty, rejected, premature, bundled, none, in_progress };

// What a connection does differently; "set" actions change it.
struct Quirks {
  bool text_frames = false;              // JSON in text instead of binary frames
  bool extra_keys = false;               // unknown keys in every message
  bool odd_chunks = false;               // audio split at odd byte counts
  bool thoughts = false;                 // a thought part before each answer
  bool mute = false;                     // nothing is sent any more; the socket lives
  bool never_setup = false;              // setupComplete is never sent
  bool refuse_resume = false;            // 1011 to a setup with a handle
  int fragments = 1;                     // WebSocket frames per message
  int answer_rate = 24'000;              // of the audio and its MIME type
  int interrupt_gap_ms = 0;              // between interrupted and its turnComplete
  int premature_ms = 500;                // audio of a premature answer
  int stall_at_ms = 0;                   // after so much of an answer ...
  int stall_ms = 0;                      // ... nothing comes for so long
  std::optional<int> pong_delay_ms;      // -1: never
  std::optional<int> setup_delay_ms;     // instead of --setup-delay
  std::optional<int> think_ms;           // instead of --think
  NextAnswer next = NextAnswer::normal;  // used up by one answer
};

struct SendAction {
  std::string payload;
  bool text = false;      // text frame instead of binary
  bool unframed = false;  // bytes for the TCP stream itself, outside WebSocket framing
  int fragments = 1;
  bool dribble = false;  // one byte of the stream at a time, a millisecond apart
};
struct CloseAction {
  int code = 1000;
  std::string reason;
};
struct DropAction {
  enum class How { fin, reset, silent } how = How::fin;
};
struct RefuseAction {  // of the HTTP upgrade; on "connect" only
  int status = 503;
  std::string body;
};
struct SetAction {
  std::vector<std::function<void(Quirks&)>> changes;
};
struct GoAwayAction {
  std::int64_t time_left_ms = 50'000;
  bool mute = false;
};
struct InterruptAction {};
struct LateAudioAction {
  int ms = 300;
};
struct ToolCallAction {
  struct Call {
    std::string id;
    std::string name;
    boost::json::object args;
  };
  std::vector<Call> calls;  // of one message
};
struct CancelCallsAction {};  // all that are open
using Action =
    std::variant<SendAction, CloseAction, DropAction, RefuseAction, SetAction, GoAwayAction,
                 InterruptAction, LateAudioAction, ToolCallAction, CancelCallsAction>;

struct Rule {
  Event on = Event::connect;
  int nth = 1;                              // 0: every time
  std::optional<std::uint64_t> connection;  // only there, and nth counts only there
  std::int64_t ms = 0;                      // of audio_ms and answer_ms
  int after_ms = 0;
  Action action;
};

// Throws std::runtime_error naming the rule and the key.
std::vector<Rule> parse_script(std::string_view text);

// Counts events and hands out what is due. One per run, shared by all connections.
class Script {
 public:
  struct Due {
    int after_ms;
    const Action* action;  // lives as long as the script
  };

  Script() = default;
  explicit Script(std::vector<Rule> rules);

  // connection counts from 1. For audio_ms and answer_ms the progress went from ms `from`
  // (exclusive) to `to`.
  std::vector<Due> fire(Event event, std::uint64_t connection, std::int64_t from = -1,
                        std::int64_t to = 0);

 private:
  std::vector<Rule> rules_;
  std::vector<int> seen_;  // per rule
};

}  // namespace gv::sim
