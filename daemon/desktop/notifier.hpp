// Asks the user whether a tool may run, with a desktop notification that has the buttons Allow and
// Deny (org.freedesktop.Notifications, of the Desktop Notifications Specification 1.2). Main thread
// only; nothing waits.
//
// Only the buttons answer: a click elsewhere, a notification that is closed or expires, or one that
// could not be shown answer nothing, and the question stays with the command line. What is too long
// to be shown whole has no button Allow. A server that comes, or is started anew, is shown what
// still waits; see notification_server.hpp for which is believed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/desktop/notification_server.hpp"

namespace gv::desktop {

class Notifier {
 public:
  using Answered = std::function<void(const std::string& call_id, bool allow)>;

  // answered comes from the loop, at most once for each ask(), after which nothing is shown. Not
  // after withdraw().
  Notifier(asio::io_context& io, Answered answered,
           NotificationServer::Judge judge = NotificationServer::not_ours);
  ~Notifier();  // what is shown is closed
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // name: the tool's; what: what will run, verbatim. Replaces an open question of the same id.
  // Never throws for want of a bus or a notification server.
  void ask(const std::string& call_id, const std::string& name, const std::string& what);
  // Answered elsewhere, timed out or cancelled. Nothing happens where it is not open.
  void withdraw(const std::string& call_id);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::desktop
