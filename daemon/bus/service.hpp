// The daemon on the session bus: owns the name, answers methods and properties from
// session::Control, and turns the session's events into signals. Only translates; no decision is
// made here. Main thread only; never makes a synchronous call after construction.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/io_context.hpp>

#include "daemon/session/control.hpp"

namespace gv::bus {

class Service final : public session::Observer {
 public:
  // Connects, publishes the object, takes the name and becomes control's observer. on_lost is
  // called from the loop, once, when the bus is gone: the process should end with a failure so that
  // systemd starts it again. control must outlive this.
  //
  // Throws FailureError: Error::busy where another process owns the name,
  // Error::network_unavailable where there is no session bus.
  Service(asio::io_context& io, session::Control& control,
          std::function<void(const std::string& why)> on_lost);
  ~Service() override;  // gives up the name and flushes what was emitted
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // session::Observer. PropertiesChanged names exactly what differs from the last status.
  void status_changed(const session::Status& status) override;
  void transcript_delta(std::uint64_t turn, session::Role role, const std::string& text) override;
  void transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                            const session::TranscriptDetails& details) override;
  void turn_completed(std::uint64_t turn, const session::Values& details) override;
  void tool_called(const std::string& call_id, const std::string& name,
                   const std::string& arguments) override;
  void tool_finished(const std::string& call_id, const std::string& name,
                     const std::string& result) override;
  void tool_approval_requested(const std::string& call_id, const std::string& name,
                               const std::string& what) override;
  void escalation_requested(std::uint64_t turn, const std::string& word) override;
  void budget_warning(double spent, double budget) override;
  void reloaded(const session::Reloaded& reloaded) override;
  void session_ended(session::EndReason reason, const std::string& message) override;
  void error_occurred(const Failure& failure) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::bus
