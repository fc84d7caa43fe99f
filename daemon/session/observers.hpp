// The observers of a session, told one after the other in the order they came. Main thread only.
#pragma once

#include <vector>

#include "daemon/session/control.hpp"

namespace gv::session {

class Observers final : public Observer {
 public:
  // Each outlives its stay here.
  void add(Observer& observer) { all_.push_back(&observer); }
  void remove(Observer& observer) { std::erase(all_, &observer); }

  void status_changed(const Status& status) override;
  void transcript_delta(std::uint64_t turn, Role role, const std::string& text) override;
  void transcript_completed(std::uint64_t turn, Role role, const std::string& text,
                            const TranscriptDetails& details) override;
  void turn_completed(std::uint64_t turn, const Values& details) override;
  void tool_called(const std::string& call_id, const std::string& name,
                   const std::string& arguments) override;
  void tool_finished(const std::string& call_id, const std::string& name,
                     const std::string& result) override;
  void tool_approval_requested(const std::string& call_id, const std::string& name,
                               const std::string& what) override;
  void session_started(const SessionInfo& info) override;
  void tokens_used(const TokenUse& use) override;
  void budget_warning(double spent, double budget) override;
  void reloaded(const Reloaded& reloaded) override;
  void escalation_requested(std::uint64_t turn, const std::string& word) override;
  void session_ended(EndReason reason, const std::string& message) override;
  void error_occurred(const Failure& failure) override;

 private:
  template <class Tell>
  void each(Tell tell);

  std::vector<Observer*> all_;
};

}  // namespace gv::session
