// Writes the history: listens to the session on the main thread, and writes on a thread of its own,
// which may wait for the disk and for who reads the file. Whatever is wrong with the file costs
// history and a line in the log, never the conversation: what cannot be written waits in memory, up
// to a limit, and is tried again; a file that is damaged is put aside, and a new one begun.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/config/config.hpp"
#include "daemon/history/entry.hpp"
#include "daemon/session/control.hpp"

namespace gv::history {

class Recorder final : public session::Observer {
 public:
  // state_folder: empty: there is nowhere to keep anything. settings: as they are now: what is said
  // is kept, or not, as they say at that moment. What is too old goes now, daily, after each
  // session and with each reload.
  Recorder(asio::io_context& io, const std::string& state_folder,
           std::function<config::History()> settings);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  // Waits for one attempt to write what is left.
  ~Recorder() override;

  // Nothing of a conversation waits to be written.
  bool idle() const;

  void status_changed(const session::Status& /*status*/) override {}
  void transcript_delta(std::uint64_t turn, session::Role role, const std::string& text) override;
  void transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                            const session::TranscriptDetails& details) override;
  void turn_completed(std::uint64_t /*turn*/, const session::Values& /*details*/) override {}
  void tool_called(const std::string& call_id, const std::string& name,
                   const std::string& arguments) override;
  void tool_finished(const std::string& call_id, const std::string& name,
                     const std::string& result) override;
  void tool_approval_requested(const std::string& /*call_id*/, const std::string& /*name*/,
                               const std::string& /*what*/) override {}
  void session_started(const session::SessionInfo& info) override;
  void session_ended(session::EndReason reason, const std::string& message) override;
  void reloaded(const session::Reloaded& reloaded) override;
  void error_occurred(const Failure& /*failure*/) override {}

 private:
  class Writer;

  bool keeps() const;
  void keep(Entry entry);
  void expire();
  void expire_daily();

  std::function<config::History()> settings_;
  asio::steady_timer daily_;
  std::string file_;
  std::unique_ptr<Writer> writer_;
  std::optional<Session> session_;             // that runs, where it is on the record
  bool kept_ = false;                          // something of it
  std::uint64_t turn_ = 0;                     // the newest
  std::map<std::string, std::string> called_;  // arguments of tools that run, by call
};

}  // namespace gv::history
