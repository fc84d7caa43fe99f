// A picture of the screen, by way of the desktop's portal (org.freedesktop.portal.Screenshot of
// xdg-desktop-portal), which may ask the user. One at a time. Main thread only; nothing waits.
//
// The portal leaves the picture in a file. In a temporary folder (/tmp, /var/tmp, $TMPDIR,
// $XDG_RUNTIME_DIR, the cache) nobody misses it, and others may read it: it is removed once it is
// open. Elsewhere, as in GNOME's ~/Pictures, it is where the desktop keeps the user's screenshots:
// it stays, and it is the user's to remove.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <variant>

#include <asio/io_context.hpp>

#include "daemon/desktop/file.hpp"
#include "daemon/util/error.hpp"

namespace gv::desktop {

class Screen {
 public:
  // The picture's file, open for reading; or why there is none: device_unavailable (no portal that
  // takes screenshots, or it failed), tool_denied (the user refused, or did not answer in time, or
  // it was cancelled), busy.
  using Taken = std::function<void(std::variant<File, Failure>)>;

  explicit Screen(asio::io_context& io,
                  std::chrono::milliseconds time_limit = std::chrono::seconds(60));
  ~Screen();  // what has not come by then never does
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // taken is called once, from the loop, never from within.
  void take(Taken taken);
  // The picture that is being taken, if one is, is not wanted any more: who waits for it is told
  // so, and the desktop no longer asks.
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::desktop
