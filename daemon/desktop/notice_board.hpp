// What of a session a desktop notification says: states and errors, no words of the conversation.
// There is at most one notice at a time. Pure; main thread.
//
// An error stays until it is over, the user has closed it, or another session starts. So does the
// word that a session has ended without the user's doing. With `all`, what the session does besides
// is told in passing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"

namespace gv::desktop {

struct Notice {
  enum class Kind { state, ended, error };
  enum class Button { mute, unmute, stop };

  Kind kind = Kind::state;
  std::string summary;
  std::string body;
  std::vector<Button> buttons;
  bool operator==(const Notice&) const = default;
};

// As a key of the notification, and as what is written on it.
std::string_view key_of(Notice::Button button);
std::string_view label_of(Notice::Button button);

class NoticeBoard {
 public:
  void use(config::Notifications mode) { mode_ = mode; }
  void status_changed(const session::Status& status);
  void session_ended(session::EndReason reason, const std::string& message);
  void error_occurred(const Failure& failure);
  // The user has closed it, or it has passed: it does not come again.
  void dismissed();

  // What is to be seen now.
  std::optional<Notice> notice() const;

 private:
  Notice state_notice() const;
  void forget();

  config::Notifications mode_ = config::Notifications::off;
  session::Status status_;
  std::optional<Failure> failure_;
  std::string ended_;   // why; empty: there is nothing to tell
  std::string passed_;  // the summary of the state that is not told again
};

}  // namespace gv::desktop
