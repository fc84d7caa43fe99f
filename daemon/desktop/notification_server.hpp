// The desktop's notification server (org.freedesktop.Notifications, of the Desktop Notifications
// Specification 1.2), for one who shows something there: questions (notifier.hpp), notices
// (notices.hpp). On the bus only while there is something to show. Main thread only; nothing waits.
//
// It is shown nothing, and believed nothing, until it is known whose process it is: any program can
// take the server's name where nobody has it, or may be replaced. One that a tool may have started
// stays so. Only signals of the server that has shown a notification count.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <sys/types.h>

namespace gv::desktop {

struct Notification {
  std::uint32_t replaces = 0;  // the number of one that is shown; 0: none
  std::string icon;
  std::string summary;
  std::string body;
  std::vector<std::pair<std::string, std::string>> buttons;  // key and label
  std::uint8_t urgency = 1;                                  // 0: low, 2: critical
  bool transient = false;                                    // not kept when it is no longer seen
  std::int32_t expires_ms = -1;                              // -1: as the server likes; 0: never
};

// Called from the loop.
class NotificationObserver {
 public:
  virtual ~NotificationObserver() = default;
  virtual bool waiting() const = 0;  // there is something to show, or shown
  virtual void ready() = 0;          // a server is there, and believed
  virtual void gone() = 0;           // what it showed is not there any more
  // By what that server says. Not to be acted on before the loop comes round: see later().
  virtual void pressed(std::uint32_t number, const std::string& server, const std::string& key) = 0;
  virtual void closed(std::uint32_t number, const std::string& server) = 0;
  virtual void lost() = 0;  // there is no bus
};

class NotificationServer {
 public:
  // Whether the process of a server may answer for the user. seen: when it was there, in
  // ticks_since_boot().
  using Judge = std::function<bool(pid_t server, std::uint64_t seen)>;
  // As AnswerToolRequest is judged (daemon/bus/callers.hpp, with its limits).
  static bool not_ours(pid_t server, std::uint64_t seen);

  // what: that it shows, for the log, e.g. "that a tool asks".
  NotificationServer(asio::io_context& io, std::string what, Judge judge,
                     NotificationObserver& observer);
  ~NotificationServer();
  NotificationServer(const NotificationServer&) = delete;
  NotificationServer& operator=(const NotificationServer&) = delete;

  // Looks for one, and starts one where the bus can: ready() follows, perhaps at once. Never
  // throws: lost() comes instead.
  void look();

  // Of the one that is believed.
  bool believed() const;
  const std::string& name() const;  // on the bus; empty: none is known
  bool markup() const;
  bool buttons() const;

  // Wants one that is believed. shown: its number, of the server that was asked; 0: it is not
  // shown. Not called once the bus is lost.
  void show(const Notification& notification,
            std::function<void(std::uint32_t number, const std::string& server)> shown);
  void close(std::uint32_t number, const std::string& server);
  // To be called when nothing waits any more: off the bus, once what was asked is answered.
  void rest();
  // From the loop, outside of libsystemd; not where this has ended.
  void later(std::function<void()> function);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::desktop
