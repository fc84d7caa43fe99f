// The handle of the service's snapshot of the conversation, with which a new connection goes on
// (live-api.md section 7.4): which one to offer, and when it is dead. Pure; owned by the machine.
// A handle is a secret: it goes into the set-up message and the state file, nowhere else.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "daemon/live/verdict.hpp"

namespace gv::session {

struct Handle {
  std::string value;  // opaque; empty: none
  std::string model;  // the only one that it can be used with
};

class Resumption {
 public:
  // A session begins; kept: what an earlier one left, or nothing.
  void begin(Handle kept);
  // A set-up message is about to go out: the handle for it, empty where there is none. Until the
  // connection's end it counts as used.
  std::string_view offer(std::string_view model);
  // The service's update; an update without a handle says that this is no moment to resume at
  // (live-api.md section 3.8). True: there is a new handle.
  bool update(std::string_view value, bool resumable, std::string_view model);
  // The connection ended after having been set up for so long (0: it never was).
  void ended(live::Remedy remedy, std::chrono::nanoseconds lived);
  void forget();

  // The service may quote a handle in its reasons: it is taken out, an earlier one too.
  void hide(std::string& text) const;

  const Handle& handle() const { return handle_; }
  bool any() const { return !handle_.value.empty(); }
  bool offered() const { return offered_; }
  // A connection given up now can be resumed without loss.
  bool current() const { return any() && current_; }

 private:
  static constexpr std::size_t most_known = 16;

  void remember();

  Handle handle_;
  std::deque<std::string> known_;  // the newest ones of this session, dead or alive
  std::string last_offered_;       // the likeliest one to be quoted
  bool offered_ = false;
  bool current_ = false;
  bool contested_ = false;  // the service may believe that an earlier connection is alive
  unsigned bad_ends_ = 0;   // of connections that a handle was offered to, in a row
};

}  // namespace gv::session
