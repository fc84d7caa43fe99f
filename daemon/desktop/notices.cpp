#include "daemon/desktop/notices.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <asio/steady_timer.hpp>

#include "daemon/desktop/notice_board.hpp"
#include "daemon/desktop/question_text.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::desktop {
namespace {

constexpr std::chrono::seconds interval{1};

Notification notification_of(const Notice& notice, bool markup, bool buttons) {
  Notification one;
  one.summary = notice.summary;
  one.body = markup ? escape_markup(notice.body) : notice.body;
  switch (notice.kind) {
    case Notice::Kind::state:
      one.icon = "audio-input-microphone";
      one.urgency = 0;
      one.transient = true;
      break;
    case Notice::Kind::ended:
      one.icon = "call-stop";
      break;
    case Notice::Kind::error:
      one.icon = "dialog-error";
      one.expires_ms = 0;
      break;
  }
  if (!buttons) return one;
  for (const Notice::Button button : notice.buttons)
    one.buttons.emplace_back(key_of(button), label_of(button));
  return one;
}

}  // namespace

class Notices::Impl final : private NotificationObserver {
 public:
  Impl(asio::io_context& io, Commands commands, NotificationServer::Judge judge)
      : commands_(std::move(commands)),
        pace_(io),
        server_(io, "how the session is", std::move(judge), *this) {}

  ~Impl() override {
    guarded("a notification", [this] { server_.close(number_, shown_by_); });
  }

  // What the session or the configuration say of it, and what follows.
  template <class News>
  void change(News news) {
    news(board_);
    guarded("a notification", [this] { refresh(); });
  }

 private:
  bool waiting() const override { return board_.notice().has_value() || sending_; }

  void refresh() {
    if (sending_) return;  // its number is on its way
    const std::optional<Notice> wanted = board_.notice();
    if (!wanted) {
      pace_.cancel();
      server_.close(std::exchange(number_, 0), shown_by_);
      shown_.reset();
      looked_for_.reset();
      return server_.rest();
    }
    if (wanted == shown_) return;
    if (!server_.believed()) {
      // Once for each; one that comes later tells so itself.
      if (std::exchange(looked_for_, wanted) != wanted) server_.look();
      return;
    }
    looked_for_.reset();
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) {
      pace_.expires_at(next_);
      pace_.async_wait([this](const asio::error_code& ec) {
        if (!ec) guarded("a notification", [this] { refresh(); });
      });
      return;
    }
    next_ = now + interval;
    show(*wanted);
  }

  void show(const Notice& notice) {
    Notification one = notification_of(notice, server_.markup(), server_.buttons());
    one.replaces = number_;
    server_.show(one, [this](std::uint32_t number, const std::string& server) {
      sending_ = false;
      number_ = number;
      shown_by_ = server;
      if (number == 0 && server != server_.name()) shown_.reset();  // another is there by now
      refresh();
    });
    // It throws where the bus takes nothing: then none is on its way.
    shown_ = notice;
    sending_ = true;
  }

  void ready() override { refresh(); }

  void gone() override {
    number_ = 0;
    shown_.reset();
  }

  void lost() override {
    sending_ = false;
    number_ = 0;
    shown_ = board_.notice();  // no bus will be there for it
  }

  bool is_shown(std::uint32_t number, const std::string& server) const {
    return !sending_ && shown_ && number == number_ && server == shown_by_;
  }

  void pressed(std::uint32_t number, const std::string& server, const std::string& key) override {
    if (!is_shown(number, server) || !server_.buttons()) return;
    const auto found = std::find_if(shown_->buttons.begin(), shown_->buttons.end(),
                                    [&key](Notice::Button one) { return key_of(one) == key; });
    if (found == shown_->buttons.end()) return;
    server_.later([this, button = *found] {
      switch (button) {
        case Notice::Button::mute:
          return commands_.mute(true);
        case Notice::Button::unmute:
          return commands_.mute(false);
        case Notice::Button::stop:
          return commands_.stop();
      }
    });
  }

  void closed(std::uint32_t number, const std::string& server) override {
    if (!is_shown(number, server)) return;
    number_ = 0;
    shown_.reset();
    board_.dismissed();
    refresh();
  }

  Commands commands_;
  NoticeBoard board_;
  bool sending_ = false;         // the server was asked, and has not answered
  std::optional<Notice> shown_;  // what it was asked for last
  std::optional<Notice> looked_for_;
  std::uint32_t number_ = 0;  // the server's; 0: it is not shown
  std::string shown_by_;
  std::chrono::steady_clock::time_point next_{};  // not before this
  asio::steady_timer pace_;
  NotificationServer server_;
};

Notices::Notices(asio::io_context& io, Commands commands, NotificationServer::Judge judge)
    : impl_(std::make_unique<Impl>(io, std::move(commands), std::move(judge))) {}

Notices::~Notices() = default;

void Notices::use(config::Notifications mode) {
  impl_->change([mode](NoticeBoard& board) { board.use(mode); });
}

void Notices::status_changed(const session::Status& status) {
  impl_->change([&status](NoticeBoard& board) { board.status_changed(status); });
}

void Notices::session_ended(session::EndReason reason, const std::string& message) {
  impl_->change([&](NoticeBoard& board) { board.session_ended(reason, message); });
}

void Notices::error_occurred(const Failure& failure) {
  impl_->change([&failure](NoticeBoard& board) { board.error_occurred(failure); });
}

}  // namespace gv::desktop
