// Hotkeys that the desktop's portal binds for us (org.freedesktop.portal.GlobalShortcuts of
// xdg-desktop-portal 1.16 and later): the desktop asks the user which keys, and tells of their
// presses and releases. GNOME from 48 on, KDE Plasma and Hyprland have it; nothing ever reads the
// keyboard itself. Main thread only; nothing waits, and no timer runs.
//
// Where there is no such portal, or the user refuses, the log says once what to do instead, and one
// that comes later is asked. A portal that a tool may have started is believed nothing, as with
// Notifier: whoever plays it could press the keys. Not started is a portal before there is a
// screen: it would start without knowing it.
#pragma once

#include <memory>

#include <asio/io_context.hpp>

#include "daemon/config/config.hpp"
#include "daemon/desktop/notification_server.hpp"
#include "daemon/session/control.hpp"

namespace gv::desktop {

class Shortcuts {
 public:
  // Both must outlive this.
  Shortcuts(asio::io_context& io, session::Control& control,
            NotificationServer::Judge judge = NotificationServer::not_ours);
  ~Shortcuts();
  Shortcuts(const Shortcuts&) = delete;
  Shortcuts& operator=(const Shortcuts&) = delete;

  // At the beginning, and with each configuration that is loaded. What differs from the last one
  // takes effect at once: the keys are bound anew, or given up. Never throws for want of a bus or a
  // portal; where it is off, nothing is done at all.
  void configure(const config::Shortcuts& wanted);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::desktop
