#include "ctl/large/caption_log.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "ctl/output.hpp"
#include "ctl/render.hpp"
#include "ctl/values.hpp"
#include "daemon/util/text.hpp"

namespace gv::ctl {

namespace json = boost::json;

namespace {

constexpr std::size_t step = 1024;

// Words only: what a model writes as lines is read as it comes.
std::string tidy(std::string_view text) {
  return gv::printable(text, text.size() * 3);
}

void shorten(std::string& text) {
  if (text.size() <= CaptionLog::longest_text) return;
  std::size_t cut = (text.size() - CaptionLog::longest_text + step - 1) / step * step;
  const auto blank = text.find(' ', cut);
  if (blank != std::string::npos && blank < cut + step) cut = blank + 1;
  while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
    ++cut;
  text.erase(0, cut);
}

std::optional<Caption::Kind> kind_of(const json::object& event) {
  const std::string role = text_of(event, "role");
  if (role == "user") return Caption::Kind::user;
  if (role == "model") return Caption::Kind::model;
  return std::nullopt;  // of tools their results are told in the answer
}

}  // namespace

bool CaptionLog::take(const json::object& event) {
  const std::string kind = text_of(event, "event");
  if (kind == "transcript_delta") {
    delta(event);
  } else if (kind == "transcript_completed") {
    completed(event);
  } else if (kind == "tool_approval_requested" || kind == "session_ended" ||
             kind == "error_occurred" || kind == "escalation_requested") {
    note(render_event(event));
  } else if (kind == "daemon") {
    daemon_ = text_of(event, "running") == "true";
    if (!daemon_) state_.clear();
  } else if (kind == "status" || kind == "properties_changed") {
    take_state(event);
  } else {
    return false;
  }
  return true;
}

Caption& CaptionLog::caption(Caption::Kind kind, const std::string& turn) {
  const auto found = std::find_if(captions_.rbegin(), captions_.rend(), [&](const Caption& one) {
    return one.kind == kind && one.turn == turn && !one.complete;
  });
  if (found != captions_.rend()) return *found;
  captions_.push_back({kind, turn, {}, false, false});
  if (captions_.size() > most_captions) captions_.pop_front();
  return captions_.back();
}

void CaptionLog::delta(const json::object& event) {
  const auto kind = kind_of(event);
  if (!kind) return;
  auto& one = caption(*kind, text_of(event, "turn"));
  one.text += tidy(text_of(event, "text"));
  shorten(one.text);
}

void CaptionLog::completed(const json::object& event) {
  const auto kind = kind_of(event);
  if (!kind) return;
  auto& one = caption(*kind, text_of(event, "turn"));
  one.text = tidy(text_of(event, "text"));
  shorten(one.text);
  one.complete = true;
  const json::value* details = event.if_contains("details");
  one.interrupted = details != nullptr && details->is_object() &&
                    text_of(details->as_object(), "interrupted") == "true";
}

void CaptionLog::note(std::string text) {
  captions_.push_back({Caption::Kind::note, {}, std::move(text), false, true});
  shorten(captions_.back().text);
  if (captions_.size() > most_captions) captions_.pop_front();
}

void CaptionLog::take_state(const json::object& event) {
  const auto take_text = [&event](const char* key, std::string& value) {
    if (event.contains(key)) value = ctl::printable(text_of(event, key));
  };
  const auto take_flag = [&event](const char* key, bool& value) {
    if (event.contains(key)) value = text_of(event, key) == "true";
  };
  take_text("state", state_);
  take_text("profile", profile_);
  take_flag("muted", muted_);
  take_flag("capture_open", capture_open_);
  daemon_ = true;
}

std::string CaptionLog::state_line() const {
  if (!daemon_) return "gemini-voiced is not running: waiting for it";
  if (state_.empty()) return "gemini-voiced is starting";
  const std::string of_profile = profile_.empty() ? "" : "  (" + profile_ + ")";
  const std::string muted = muted_ ? "MICROPHONE MUTED  " : "";
  if (state_ == "idle") return muted + "No conversation: gemini-voicectl start --profile captions";
  if (state_ == "connecting") return muted + "Connecting ..." + of_profile;
  if (state_ == "reconnecting") return muted + "RECONNECTING: not heard right now" + of_profile;
  if (state_ == "thinking") return muted + "Gemini thinks" + of_profile;
  if (state_ == "speaking") return muted + "Gemini speaks" + of_profile;
  if (muted_) return muted + of_profile;
  return (capture_open_ ? "Listening" : "The microphone is closed") + of_profile;
}

}  // namespace gv::ctl
