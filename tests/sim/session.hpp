// One connection of a client: the service's side of the protocol (live-api.md section 9.1), without
// sockets. The server feeds it messages; it answers through a Link. Main thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <asio/io_context.hpp>
#include <boost/json/object.hpp>

#include "tests/sim/options.hpp"
#include "tests/sim/outbox.hpp"
#include "tests/sim/script.hpp"
#include "tests/sim/timers.hpp"
#include "tests/sim/turn.hpp"
#include "tests/sim/validator.hpp"
#include "tests/sim/voice.hpp"

namespace gv::sim {

// The resumption handles of this run: which conversation each continues.
class Handles {
 public:
  struct Call {
    std::string name;
    bool blocking = true;
  };
  using Calls = std::map<std::string, Call>;  // by their ids
  struct Entry {
    std::uint64_t conversation = 0;
    std::string model;
    Calls calls;  // that were open then
  };

  std::uint64_t new_conversation() { return ++conversations_; }
  std::string issue(Entry entry);
  const Entry* find(const std::string& handle) const;
  static bool well_formed(std::string_view handle);

  // The connections of a conversation; they take themselves out before they die.
  void attach(std::uint64_t conversation, const Link& link) { links_[&link] = conversation; }
  void detach(const Link& link) { links_.erase(&link); }
  bool is_open(std::uint64_t conversation) const;

 private:
  std::map<std::string, Entry, std::less<>> issued_;
  std::map<const Link*, std::uint64_t> links_;
  std::uint64_t conversations_ = 0;
};

// What all connections share.
struct Shared {
  const Options& options;
  const Samples& answer_file;
  Script& script;
  EventLog& log;
  Handles& handles;
};

struct Request {
  std::string api_version;  // v1alpha, v1beta, v1
  std::string key;          // key or token; empty: none
};

class Session {
 public:
  // connection counts from 1.
  Session(asio::io_context& io, const Shared& shared, Link& link, std::uint64_t connection,
          Request request);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // The HTTP request is here; the answer to it, where the script refuses.
  std::optional<RefuseAction> on_request();
  void on_message(std::string_view payload, bool text_frame);
  // Empty: at once. -1: never.
  std::optional<int> pong_delay_ms() const { return outbox_.quirks.pong_delay_ms; }
  // by: "client", "server" or "network".
  void on_closed(int code, std::string_view reason, std::string_view by);

 private:
  enum class Phase { awaiting_setup, preparing, open, closed };

  // session.cpp: the protocol
  void on_setup(const boost::json::object& setup, const std::vector<std::string>& unsupported);
  void configure(const boost::json::object& setup);
  std::optional<Refusal> resume(const boost::json::object& setup);
  void ready();
  void on_client_content(const boost::json::object& content);
  void on_tool_response(const boost::json::object& response);
  void refuse(const Refusal& refusal);
  void send_handle();

  // session_input.cpp: real-time input and what it leads to
  void on_realtime_input(const boost::json::object& input);
  void on_audio(std::string_view base64, std::string_view mime_type);
  void on_text(const std::string& text);
  void detected(const Detector::Event& event);
  void speech_started(std::int64_t position);
  void speech_ended(std::int64_t position);
  bool blocked() const;
  // And what the client sends now, it sends although it knows.
  bool blocked_for_long() const;
  // spoken: samples of the utterance that are speech, without what surrounds it.
  void answer_speech(const Samples& utterance, std::int64_t spoken);
  void answer_text(const std::string& text, bool spoken_reply_to_tool = false);
  void answer(Answer answer);
  // Those that block the conversation, or all.
  void cancel_calls(bool all = false);

  // session_script.cpp: the script's actions
  void fire(Event event, std::int64_t from_ms = -1, std::int64_t to_ms = 0);
  void run(const Action& action);
  void act(const SendAction& action);
  void dribble(const std::string& bytes, std::size_t at);
  void act(const CloseAction& action);
  void act(const DropAction& action);
  void act(const RefuseAction& action);
  void act(const SetAction& action);
  void act(const GoAwayAction& action);
  void act(const InterruptAction& action);
  void act(const LateAudioAction& action);
  void act(const ToolCallAction& action);
  void act(const CancelCallsAction& action);

  Shared shared_;
  Link& link_;
  std::uint64_t connection_;
  Request request_;
  Outbox outbox_;
  Turn turn_;
  Phase phase_ = Phase::awaiting_setup;

  // From the setup.
  std::string model_;
  Family family_ = Family::other;
  bool manual_activity_ = false;
  bool interrupts_ = true;
  bool activity_heard_ = true;  // else a turn by hand stays empty (live-api.md 2.1.4)
  bool resumption_ = false;
  bool foreign_model_ = false;  // the handle belongs to another model
  bool transcribe_input_ = false;
  bool history_open_ = false;
  int instruction_tokens_ = 0;
  std::map<std::string, bool> functions_;  // name → blocking
  std::uint64_t conversation_ = 0;

  // The microphone, at 16 kHz.
  Detector detector_{{}};
  Samples uplink_;  // the newest part, from uplink_begin_ on
  std::int64_t uplink_begin_ = 0;
  std::int64_t uplink_end_ = 0;  // samples since the connection began
  std::optional<std::int64_t> speech_begin_;
  bool speech_ignored_ = false;  // it began while an answer could not be interrupted
  std::string activity_text_;    // typed in the activity that is open

  std::string context_;  // clientContent that waits for its turnComplete
  Handles::Calls calls_;
  Timers::Clock::time_point called_at_;  // the last of them
  std::deque<Answer> waiting_;
  Timers timers_;
};

}  // namespace gv::sim
