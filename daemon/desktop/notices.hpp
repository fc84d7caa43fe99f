// Shows what NoticeBoard says as one desktop notification, replaced in place, with the buttons Mute
// or Unmute and Stop while a session runs. At most one change a second is shown. Where there is no
// notification server nothing is shown, and nothing breaks. Main thread only; nothing waits.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/config/config.hpp"
#include "daemon/desktop/notification_server.hpp"
#include "daemon/session/control.hpp"

namespace gv::desktop {

class Notices final : public session::Observer {
 public:
  // What the buttons do; called from the loop.
  struct Commands {
    std::function<void(bool muted)> mute;
    std::function<void()> stop;
  };

  Notices(asio::io_context& io, Commands commands,
          NotificationServer::Judge judge = NotificationServer::not_ours);
  ~Notices() override;  // what is shown is closed
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  void use(config::Notifications mode);

  void status_changed(const session::Status& status) override;
  void session_ended(session::EndReason reason, const std::string& message) override;
  void error_occurred(const Failure& failure) override;
  void transcript_delta(std::uint64_t, session::Role, const std::string&) override {}
  void transcript_completed(std::uint64_t, session::Role, const std::string&,
                            const session::TranscriptDetails&) override {}
  void turn_completed(std::uint64_t, const session::Values&) override {}
  void tool_called(const std::string&, const std::string&, const std::string&) override {}
  void tool_finished(const std::string&, const std::string&, const std::string&) override {}
  void tool_approval_requested(const std::string&, const std::string&,
                               const std::string&) override {}

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::desktop
