#include "daemon/session/observers.hpp"

namespace gv::session {

// By number: what one observer does may bring another one.
template <class Tell>
void Observers::each(Tell tell) {
  for (std::size_t i = 0; i < all_.size(); ++i)
    tell(*all_[i]);
}

void Observers::status_changed(const Status& status) {
  each([&](Observer& one) { one.status_changed(status); });
}

void Observers::transcript_delta(std::uint64_t turn, Role role, const std::string& text) {
  each([&](Observer& one) { one.transcript_delta(turn, role, text); });
}

void Observers::transcript_completed(std::uint64_t turn, Role role, const std::string& text,
                                     const TranscriptDetails& details) {
  each([&](Observer& one) { one.transcript_completed(turn, role, text, details); });
}

void Observers::turn_completed(std::uint64_t turn, const Values& details) {
  each([&](Observer& one) { one.turn_completed(turn, details); });
}

void Observers::tool_called(const std::string& call_id, const std::string& name,
                            const std::string& arguments) {
  each([&](Observer& one) { one.tool_called(call_id, name, arguments); });
}

void Observers::tool_finished(const std::string& call_id, const std::string& name,
                              const std::string& result) {
  each([&](Observer& one) { one.tool_finished(call_id, name, result); });
}

void Observers::tool_approval_requested(const std::string& call_id, const std::string& name,
                                        const std::string& what) {
  each([&](Observer& one) { one.tool_approval_requested(call_id, name, what); });
}

void Observers::session_started(const SessionInfo& info) {
  each([&](Observer& one) { one.session_started(info); });
}

void Observers::tokens_used(const TokenUse& use) {
  each([&](Observer& one) { one.tokens_used(use); });
}

void Observers::budget_warning(double spent, double budget) {
  each([&](Observer& one) { one.budget_warning(spent, budget); });
}

void Observers::reloaded(const Reloaded& reloaded) {
  each([&](Observer& one) { one.reloaded(reloaded); });
}

void Observers::escalation_requested(std::uint64_t turn, const std::string& word) {
  each([&](Observer& one) { one.escalation_requested(turn, word); });
}

void Observers::session_ended(EndReason reason, const std::string& message) {
  each([&](Observer& one) { one.session_ended(reason, message); });
}

void Observers::error_occurred(const Failure& failure) {
  each([&](Observer& one) { one.error_occurred(failure); });
}

}  // namespace gv::session
