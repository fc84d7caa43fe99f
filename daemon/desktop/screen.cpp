#include "daemon/desktop/screen.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/desktop/link.hpp"
#include "daemon/desktop/portal.hpp"
#include "daemon/desktop/shot_file.hpp"
#include "daemon/util/guarded.hpp"

namespace gv::desktop {
namespace {

using bus::check;
using bus::on_message;

Failure no_portal(const std::string& why) {
  return {Error::device_unavailable,
          "no portal here takes screenshots: " + why +
              ". Try: install xdg-desktop-portal with the backend of your desktop (-gnome, -kde, "
              "-wlr, -gtk)"};
}

// Of xdg-desktop-portal's Response: 1 the user cancelled, 2 it ended in some other way.
Failure refused(std::uint32_t response) {
  if (response == 1) {
    return {Error::tool_denied, "the screenshot was refused in the desktop's own question"};
  }
  return {Error::tool_denied,
          "the desktop takes no screenshot for us: it was refused earlier, or failed. Try: the "
          "desktop's settings for this app's permissions"};
}

}  // namespace

class Screen::Impl {
 public:
  Impl(asio::io_context& io, std::chrono::milliseconds time_limit)
      : io_(io),
        time_limit_(time_limit),
        timer_(io),
        link_(io, [this](const std::string& why) { finish(no_portal(why)); }) {}

  void take(Taken taken) {
    if (taken_) {
      later([taken = std::move(taken)] {
        taken(Failure{Error::busy, "a screenshot is being taken already; try again after it"});
      });
      return;
    }
    taken_ = std::move(taken);
    portal_.clear();
    request_.clear();
    try {
      // Closed, so that each picture begins as an unknown caller, who may register.
      link_.close();
      link_.open();
      register_app();
      limit();
    } catch (const std::exception& e) {
      finish(no_portal(e.what()));
    }
  }

  void cancel() {
    if (!taken_) return;
    close_request();
    finish(Failure{Error::tool_denied, "the screenshot is not wanted any more"});
  }

 private:
  void register_app() {
    link_.call(portal::new_registration(link_.bus()), on_message<Impl, &Impl::on_registered>, this,
               time_limit_);
  }

  void on_registered(sd_bus_message& reply) {
    if (!taken_) return;
    portal_ = sender_of(reply);
    if (!portal_.starts_with(':')) return finish(no_portal(error_of(reply)));
    const std::string token = "gemini_voice_" + std::to_string(++last_token_);
    // Where the answer comes to: the request's own object. Portals before 0.9 choose its path
    // themselves, and what they say right after that must not be missed: any path is listened to.
    request_ = portal::handle(link_.bus(), "request", token);
    link_.watch(portal_.c_str(), nullptr, portal::request_interface, "Response",
                on_message<Impl, &Impl::on_response>, this);
    const bus::MessageHandle message =
        bus::new_call(link_.bus(), portal_.c_str(), portal::path,
                      "org.freedesktop.portal.Screenshot", "Screenshot");
    constexpr const char* no_window = "";
    check(sd_bus_message_append(message.get(), "sa{sv}", no_window, 2U, "handle_token", "s",
                                token.c_str(), "interactive", "b", 0),
          "Screenshot");
    link_.call(message, on_message<Impl, &Impl::on_request>, this, time_limit_);
  }

  void on_request(sd_bus_message& reply) {
    if (const std::string error = error_of(reply); !error.empty()) return finish(no_portal(error));
    const char* request = nullptr;
    check(sd_bus_message_read(&reply, "o", &request), "Screenshot");
    if (taken_) request_ = request;
  }

  void on_response(sd_bus_message& signal) {
    const char* path = sd_bus_message_get_path(&signal);
    if (sender_of(signal) != portal_ || path == nullptr || request_ != path) return;
    request_.clear();  // it is over
    std::uint32_t response = 0;
    check(sd_bus_message_read(&signal, "u", &response), "Response");
    if (response != 0) return finish(refused(response));
    finish(open_shot(portal::text_in(signal, "uri")));
  }

  void limit() {
    timer_.expires_after(time_limit_);
    timer_.async_wait([this, alive = std::weak_ptr<int>(alive_)](const std::error_code& error) {
      if (error || alive.expired()) return;
      guarded("the time limit of a screenshot", [this] {
        close_request();
        finish(Failure{Error::tool_denied,
                       "the desktop's question whether a screenshot may be taken was not answered "
                       "in time"});
      });
    });
  }

  // So that the desktop does not go on asking.
  void close_request() {
    if (request_.empty() || portal_.empty() || !link_.is_open()) return;
    const bus::MessageHandle message = bus::new_call(link_.bus(), portal_.c_str(), request_.c_str(),
                                                     portal::request_interface, "Close");
    sd_bus_message_set_expect_reply(message.get(), 0);
    sd_bus_send(&link_.bus(), message.get(), nullptr);
  }

  void finish(std::variant<File, Failure> outcome) {
    timer_.cancel();
    if (!taken_) return;
    later([taken = std::exchange(taken_, nullptr),
           outcome = std::make_shared<std::variant<File, Failure>>(std::move(outcome))] {
      taken(std::move(*outcome));
    });
    close_later();
  }

  // Not from within libsystemd.
  void close_later() {
    timer_.cancel();
    later([this] {
      if (!taken_) link_.close();
    });
  }

  template <class Function>
  void later(Function function) {
    asio::post(io_, [alive = std::weak_ptr<int>(alive_), function = std::move(function)] {
      if (!alive.expired()) guarded("a screenshot", function);
    });
  }

  asio::io_context& io_;
  std::chrono::milliseconds time_limit_;
  asio::steady_timer timer_;
  Taken taken_;         // empty: none is being taken
  std::string portal_;  // its unique name
  std::string request_;
  std::uint64_t last_token_ = 0;
  Link link_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

Screen::Screen(asio::io_context& io, std::chrono::milliseconds time_limit)
    : impl_(std::make_unique<Impl>(io, time_limit)) {}

Screen::~Screen() = default;

void Screen::take(Taken taken) {
  impl_->take(std::move(taken));
}

void Screen::cancel() {
  impl_->cancel();
}

}  // namespace gv::desktop
