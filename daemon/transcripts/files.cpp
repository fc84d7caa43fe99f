#include "daemon/transcripts/files.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/history/export.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/private_file.hpp"

namespace gv::transcripts {
namespace {

constexpr int most_of_a_name = 100;

// "2026-11-28-213105", local.
std::string name_time(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d-%H%M%S", &local);
  return {text.data(), size};
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Files::Files(config::Environment environment) : environment_(std::move(environment)) {}

void Files::session_started(const session::SessionInfo& info) {
  folder_ = info.off_the_record ? "" : info.transcript_folder;
  session_ = {.id = info.id,
              .profile = info.profile,
              .model = info.model,
              .begun_us = info.time_us,
              .reason = {},
              .goes_on = info.goes_on};
  entries_.clear();
  bytes_ = 0;
  left_out_ = 0;
}

void Files::transcript_completed(std::uint64_t turn, session::Role role, const std::string& text,
                                 const session::TranscriptDetails& details) {
  if (folder_.empty() || text.empty()) return;
  entries_.push_back(history::entry_of(turn, role, text, details, now_us()));
  bytes_ += text.size();
  while (entries_.size() > most_entries || (bytes_ > most_bytes && entries_.size() > 1)) {
    bytes_ -= entries_.front().text.size();
    entries_.pop_front();
    ++left_out_;
  }
}

void Files::session_ended(session::EndReason reason, const std::string& /*message*/) {
  session_.ended_us = now_us();
  session_.reason = contract_name(reason);
  if (!folder_.empty() && !entries_.empty()) write();
  folder_.clear();
  entries_.clear();
}

void Files::write() {
  const auto folder = config::expand_home(folder_, environment_);
  const std::vector<history::Entry> entries(std::make_move_iterator(entries_.begin()),
                                            std::make_move_iterator(entries_.end()));
  const std::string text = to_markdown(session_, entries, left_out_);
  constexpr std::size_t short_id = 8;
  const std::string name = folder + '/' + name_time(session_.begun_us) + '-' + session_.profile +
                           '-' + session_.id.substr(0, short_id);
  int error = 0;
  if (!private_folder(folder)) error = errno;
  for (int number = 1; error == 0 && number <= most_of_a_name; ++number) {
    const std::string path = name + (number == 1 ? "" : "-" + std::to_string(number)) + ".md";
    if (write_new_private(path, text)) {
      log::info("session", "the transcript is in " + path);
      return;
    }
    if (errno != EEXIST) error = errno;
  }
  log::error("session", "the transcript cannot be written into " + folder + ": " +
                            std::generic_category().message(error == 0 ? EEXIST : error) +
                            ". Try: another transcript_folder; gemini-voicectl transcript still "
                            "shows it until the daemon ends.");
}

}  // namespace gv::transcripts
