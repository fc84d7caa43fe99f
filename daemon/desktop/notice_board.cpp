#include "daemon/desktop/notice_board.hpp"

#include <utility>

namespace gv::desktop {
namespace {

using session::EndReason;
using session::State;

std::string_view summary_of(Error error) {
  switch (error) {
    case Error::no_api_key:
      return "No API key";
    case Error::auth_failed:
      return "The API key was refused";
    case Error::quota_exceeded:
      return "The quota is used up";
    case Error::model_unavailable:
      return "The model is not available";
    case Error::network_unavailable:
      return "The service is out of reach";
    case Error::device_unavailable:
      return "No microphone or speaker";
    case Error::config_invalid:
      return "The configuration is wrong";
    case Error::budget_exceeded:
      return "The budget of the day is spent";
    case Error::none:
    case Error::protocol_error:
    case Error::invalid_argument:
    case Error::not_running:
    case Error::busy:
    case Error::tool_denied:
      break;
  }
  return "Something went wrong";
}

}  // namespace

std::string_view key_of(Notice::Button button) {
  switch (button) {
    case Notice::Button::mute:
      return "mute";
    case Notice::Button::unmute:
      return "unmute";
    case Notice::Button::stop:
      return "stop";
  }
  return "";
}

std::string_view label_of(Notice::Button button) {
  switch (button) {
    case Notice::Button::mute:
      return "Mute";
    case Notice::Button::unmute:
      return "Unmute";
    case Notice::Button::stop:
      return "Stop";
  }
  return "";
}

void NoticeBoard::status_changed(const session::Status& status) {
  const session::Status before = std::exchange(status_, status);
  const bool begins = status.session_id != before.session_id && !status.session_id.empty();
  if (begins) forget();
  // What was wrong is well again.
  if (failure_ && before.last_error && !status.last_error) failure_.reset();
  // Each time that it comes to this it is news.
  if (status.state == State::idle || state_notice().summary != passed_) passed_.clear();
}

void NoticeBoard::session_ended(EndReason reason, const std::string& message) {
  switch (reason) {
    case EndReason::user:
      return forget();
    case EndReason::error:
    case EndReason::budget:
      if (failure_) return;  // says it already
      break;
    case EndReason::idle:
    case EndReason::hung_up:
      break;
  }
  failure_.reset();
  ended_ = message;
}

void NoticeBoard::error_occurred(const Failure& failure) {
  ended_.clear();
  failure_ = failure;
}

void NoticeBoard::dismissed() {
  forget();
  passed_ = state_notice().summary;
}

void NoticeBoard::forget() {
  failure_.reset();
  ended_.clear();
  passed_.clear();
}

Notice NoticeBoard::state_notice() const {
  if (status_.state == State::reconnecting) {
    return {Notice::Kind::state, "Reconnecting", "The conversation goes on as soon as it can.", {}};
  }
  if (status_.muted) return {Notice::Kind::state, "Muted", "The microphone is closed.", {}};
  return {Notice::Kind::state, "Listening", "Profile " + status_.profile, {}};
}

std::optional<Notice> NoticeBoard::notice() const {
  if (mode_ == config::Notifications::off) return std::nullopt;
  const bool running = status_.state != State::idle;
  Notice notice;
  if (failure_) {
    notice = {Notice::Kind::error, std::string(summary_of(failure_->error)), failure_->message, {}};
  } else if (!ended_.empty()) {
    notice = {Notice::Kind::ended, "The conversation has ended", ended_, {}};
  } else if (mode_ == config::Notifications::all && running && status_.state != State::connecting) {
    notice = state_notice();
    if (notice.summary == passed_) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (running) {
    notice.buttons = {status_.muted ? Notice::Button::unmute : Notice::Button::mute,
                      Notice::Button::stop};
  }
  return notice;
}

}  // namespace gv::desktop
