#include "daemon/history/recorder.hpp"

#include <utility>

#include "daemon/history/writer.hpp"
#include "daemon/util/text.hpp"

namespace gv::history {
namespace {

using namespace std::chrono_literals;

// Of what a tool was given and what it answered, each.
constexpr std::size_t longest_tool_text = 4096;
constexpr std::size_t most_called = 64;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Recorder::Recorder(asio::io_context& io, const std::string& state_folder,
                   std::function<config::History()> settings)
    : settings_(std::move(settings)), daily_(io) {
  if (state_folder.empty()) return;
  file_ = history_file(state_folder);
  writer_ = std::make_unique<Writer>(file_);
  expire_daily();
}

Recorder::~Recorder() = default;

bool Recorder::idle() const {
  return !writer_ || writer_->idle();
}

void Recorder::expire() {
  if (!writer_) return;
  const std::chrono::microseconds keep = settings_().keep;
  writer_->expire(now_us() - keep.count());
}

void Recorder::expire_daily() {
  expire();
  daily_.expires_after(24h);
  daily_.async_wait([this](const asio::error_code& ec) {
    if (!ec) expire_daily();
  });
}

void Recorder::session_started(const session::SessionInfo& info) {
  session_.reset();
  called_.clear();
  turn_ = 0;
  kept_ = false;
  if (!writer_ || info.off_the_record) return;
  session_ = Session{.id = info.id,
                     .profile = info.profile,
                     .model = info.model,
                     .begun_us = info.time_us,
                     .reason = {},
                     .goes_on = info.goes_on};
  writer_->session_begins();
}

void Recorder::session_ended(session::EndReason reason, const std::string& /*message*/) {
  if (session_ && kept_) {
    writer_->end(session_->id, now_us(), std::string(contract_name(reason)));
  }
  session_.reset();
  called_.clear();
  expire();
}

void Recorder::reloaded(const session::Reloaded& reloaded) {
  if (!reloaded.config.history.enabled) called_.clear();
  expire();
}

bool Recorder::keeps() const {
  return session_ && settings_().enabled;
}

void Recorder::keep(Entry entry) {
  kept_ = true;
  writer_->add(*session_, std::move(entry));
}

void Recorder::transcript_delta(std::uint64_t turn, session::Role /*role*/,
                                const std::string& /*text*/) {
  turn_ = turn;
}

void Recorder::transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                                    const session::TranscriptDetails& details) {
  if (text.empty() || !keeps()) return;
  keep(entry_of(turn, role, text, details, now_us()));
}

void Recorder::tool_called(const std::string& call_id, const std::string& /*name*/,
                           const std::string& arguments) {
  if (called_.size() >= most_called || !keeps()) return;
  called_[call_id] = beginning(arguments, longest_tool_text);
}

void Recorder::tool_finished(const std::string& call_id, const std::string& name,
                             const std::string& result) {
  const auto called = called_.extract(call_id);
  if (!keeps()) return;
  const std::string arguments = called.empty() ? "{}" : called.mapped();
  const std::string answer(beginning(result, longest_tool_text));
  keep({.turn = turn_,
        .role = session::Role::tool,
        .text = name + ' ' + arguments + "\n" + answer,
        .time_us = now_us()});
}

}  // namespace gv::history
