// Runs the user's own commands on events of a session (hooks.EVENT of the configuration). Each has
// a process group of its own, the daemon's environment without its secrets, and what happened in
// variables GEMINI_VOICE_*: names and ids, no words of the conversation and no messages, which may
// quote some. What a command prints is nobody's. Main thread only; nothing waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "daemon/config/config.hpp"
#include "daemon/session/control.hpp"
#include "daemon/tools/runner.hpp"

namespace gv::hooks {

class Hooks final : public session::Observer {
 public:
  static constexpr std::size_t most_running = 4;   // the others wait, in order
  static constexpr std::size_t most_waiting = 32;  // what comes then is left out, and logged

  // environment: ours.
  Hooks(asio::io_context& io, std::vector<std::string> environment);

  // From the next event on.
  void use(config::Hooks hooks) { hooks_ = std::move(hooks); }
  // Commands that have not ended.
  std::size_t running() const { return running_ + waiting_.size() + runner_.ending(); }

  void status_changed(const session::Status& status) override;
  void session_ended(session::EndReason reason, const std::string& message) override;
  void error_occurred(const Failure& failure) override;
  void escalation_requested(std::uint64_t turn, const std::string& word) override;
  void transcript_delta(std::uint64_t, session::Role, const std::string&) override {}
  void transcript_completed(std::uint64_t, session::Role, const std::string&,
                            const session::TranscriptDetails&) override {}
  void turn_completed(std::uint64_t, const session::Values&) override {}
  void tool_called(const std::string&, const std::string&, const std::string&) override {}
  void tool_finished(const std::string&, const std::string&, const std::string&) override {}
  void tool_approval_requested(const std::string&, const std::string&,
                               const std::string&) override {}

 private:
  struct Waiting {
    std::string_view event;  // of config::hook_names
    tools::RunSpec spec;
  };

  // more: further variables, NAME=value.
  void fire(std::string_view event, const std::vector<std::string>& more = {});
  void run_next();

  std::vector<std::string> environment_;
  config::Hooks hooks_;
  session::Status status_;
  // Of the session that runs, or has run last: of its end is told when the status names none.
  std::string session_;
  std::string profile_;
  session::State previous_ = session::State::idle;
  std::deque<Waiting> waiting_;
  std::size_t running_ = 0;
  tools::Runner runner_;  // destroyed first: what it runs comes back here
};

}  // namespace gv::hooks
