// Writes each session's transcript into its profile's transcript_folder when it ends, as
// DATE-TIME-PROFILE-ID.md (0600, its folder 0700), never over a file that is there. Main thread; a
// file of at most some megabytes is written without fsync. What cannot be written costs the
// transcript and a line in the log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "daemon/config/paths.hpp"
#include "daemon/history/entry.hpp"
#include "daemon/session/control.hpp"

namespace gv::transcripts {

class Files final : public session::Observer {
 public:
  // Of a conversation that is longer the beginning is left out.
  static constexpr std::size_t most_entries = 20'000;
  static constexpr std::size_t most_bytes = 4UL * 1024 * 1024;

  // environment: for ~/ in a folder's name.
  explicit Files(config::Environment environment);

  void session_started(const session::SessionInfo& info) override;
  void transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                            const session::TranscriptDetails& details) override;
  void session_ended(session::EndReason reason, const std::string& message) override;

  void status_changed(const session::Status&) override {}
  void transcript_delta(std::uint64_t, session::Role, const std::string&) override {}
  void turn_completed(std::uint64_t, const session::Values&) override {}
  void tool_called(const std::string&, const std::string&, const std::string&) override {}
  void tool_finished(const std::string&, const std::string&, const std::string&) override {}
  void tool_approval_requested(const std::string&, const std::string&,
                               const std::string&) override {}
  void error_occurred(const Failure&) override {}

 private:
  void write();

  config::Environment environment_;
  std::string folder_;  // as configured; empty: this session has no transcript
  history::Session session_;
  std::deque<history::Entry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace gv::transcripts
