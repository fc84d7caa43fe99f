#include "daemon/transcripts/files.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/util/log.hpp"
#include "daemon/util/private_file.hpp"

namespace gv::transcripts {
namespace {

constexpr int most_of_a_name = 100;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Files::Files(config::Environment environment) : environment_(std::move(environment)) {}

void Files::session_started(const session::SessionInfo& info) {
  wanted_ = !info.transcript_folder.empty() && !info.off_the_record;
  info_ = info;
  entries_.clear();
  bytes_ = 0;
  left_out_ = 0;
}

void Files::transcript_completed(std::uint64_t /*turn*/, session::Role role,
                                 const std::string& text,
                                 const session::TranscriptDetails& details) {
  if (!wanted_ || text.empty()) return;
  entries_.push_back({now_us(), role, text, details.interrupted});
  bytes_ += text.size();
  while (entries_.size() > most_entries || (bytes_ > most_bytes && entries_.size() > 1)) {
    bytes_ -= entries_.front().text.size();
    entries_.pop_front();
    ++left_out_;
  }
}

void Files::session_ended(session::EndReason /*reason*/, const std::string& /*message*/) {
  if (std::exchange(wanted_, false) && !entries_.empty()) write();
  entries_.clear();
}

void Files::write() const {
  const auto folder = config::expand_home(info_.transcript_folder, environment_);
  const std::string text = to_markdown(info_, entries_, left_out_);
  constexpr std::size_t short_id = 8;
  const std::string name = folder + '/' + name_time(info_.time_us) + '-' + info_.profile + '-' +
                           info_.id.substr(0, short_id);
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
