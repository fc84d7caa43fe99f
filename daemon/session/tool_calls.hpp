// The calls of the model that are not answered yet, and which of them the service still knows: the
// ledger behind machine_tools.cpp. A call has an id of the service's and a number of ours; what the
// user sees of it is the id, or "call-NUMBER" where that is nothing to type, or was shown before in
// this session (live-api.md sections 3.6, 7.5).
// Pure; owned by the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/tools/host.hpp"

namespace gv::session {

struct ToolCall {
  enum class Phase {
    planning,  // nobody knows yet what it would do
    asking,    // the user
    running,
    answered,  // while there is no connection
  };
  std::uint64_t number = 0;
  std::string id;     // the service's; may be empty
  std::string shown;  // the same, for people; never twice in a session
  std::string name;
  std::string shown_name;
  std::string arguments;
  std::uint64_t turn = 0;
  bool blocking = false;
  std::optional<config::Scheduling> scheduling;
  Phase phase = Phase::planning;
  std::string what;  // asking: what would run
  bool remember = false;
  std::int64_t until_ns = 0;  // asking: then it is denied
  bool in_snapshot = false;   // the service's newest handle was made after it
  bool orphaned = false;      // the connection does not know it
  bool spoken_of = false;     // the model spoke after it was answered
  std::string response;       // answered
};

class ToolCalls {
 public:
  // A service that calls for ever must not fill the memory.
  static constexpr std::size_t max_open = 32;

  // nullptr: there are too many. Valid until the next.
  ToolCall* add(std::string_view id, std::string_view name);
  ToolCall* find(std::uint64_t number);
  // By what people see.
  const ToolCall* find(std::string_view shown) const;
  // By the service's id, where the connection knows it.
  ToolCall* known(std::string_view id);
  void remove(std::uint64_t number);
  void end();  // of the session

  std::deque<ToolCall>& all() { return open_; }
  const std::deque<ToolCall>& all() const { return open_; }
  bool empty() const { return open_.empty(); }
  // The connection waits for an answer that nothing else may come before.
  bool blocked() const;
  // The connection waits for an answer.
  bool awaited() const;
  // The earliest at which a question to the user is over; nullopt: none is asked.
  std::optional<std::int64_t> asked_until_ns() const;

  // The service made a handle: it knows of all that is open.
  void snapshot();
  // A new connection; resumed: with the newest handle.
  void reconnected(bool resumed);

 private:
  std::deque<ToolCall> open_;
  std::set<std::string, std::less<>> shown_;
  std::uint64_t last_number_ = 0;
};

}  // namespace gv::session
