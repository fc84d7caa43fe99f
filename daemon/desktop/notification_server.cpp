#include "daemon/desktop/notification_server.hpp"

#include <list>
#include <string_view>

#include <asio/post.hpp>

#include "daemon/desktop/app.hpp"
#include "daemon/desktop/link.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/lineage.hpp"
#include "daemon/util/log.hpp"

namespace gv::desktop {
namespace {

using bus::check;
using bus::on_message;

constexpr const char* server_name = "org.freedesktop.Notifications";
constexpr const char* server_path = "/org/freedesktop/Notifications";
constexpr const char* server_interface = "org.freedesktop.Notifications";
constexpr const char* owner_changes =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    "arg0='org.freedesktop.Notifications'";

}  // namespace

class NotificationServer::Impl {
 public:
  Impl(asio::io_context& io, std::string what, Judge judge, NotificationObserver& observer)
      : io_(io),
        trouble_("no notification shows " + std::move(what) + ": "),
        judge_(std::move(judge)),
        observer_(observer),
        link_(io, [this](const std::string& why) { lost(why); }) {}

  void look() {
    try {
      connect();
      if (server_.empty()) {
        learn();
      } else if (believed_) {
        observer_.ready();
      }
    } catch (const std::exception& e) {
      lost(e.what());
    }
  }

  bool believed() const { return believed_; }
  const std::string& name() const { return server_; }
  bool markup() const { return markup_; }
  bool buttons() const { return buttons_; }

  void show(const Notification& one, std::function<void(std::uint32_t, const std::string&)> shown) {
    const bus::MessageHandle message =
        bus::new_call(link_.bus(), server_.c_str(), server_path, server_interface, "Notify");
    sd_bus_message* const raw = message.get();
    check(sd_bus_message_append(raw, "susss", app_name, one.replaces, one.icon.c_str(),
                                one.summary.c_str(), one.body.c_str()),
          "Notify");
    // No action "default": a stray click on the notification must not answer.
    check(sd_bus_message_open_container(raw, 'a', "s"), "Notify");
    for (const auto& [key, label] : one.buttons)
      check(sd_bus_message_append(raw, "ss", key.c_str(), label.c_str()), "Notify");
    check(sd_bus_message_close_container(raw), "Notify");
    check(sd_bus_message_append(raw, "a{sv}", 3U, "urgency", "y", unsigned{one.urgency},
                                "desktop-entry", "s", app_id, "transient", "b",
                                one.transient ? 1 : 0),
          "Notify");
    check(sd_bus_message_append(raw, "i", one.expires_ms), "Notify");
    asked_.push_back({this, server_, std::move(shown)});
    try {
      call(message, on_message<Asked, &Asked::on_shown>, &asked_.back());
    } catch (...) {
      asked_.pop_back();  // nobody will answer it
      throw;
    }
  }

  void close(std::uint32_t number, const std::string& server) {
    if (number == 0 || !link_.is_open()) return;
    const bus::MessageHandle message = bus::new_call(link_.bus(), server.c_str(), server_path,
                                                     server_interface, "CloseNotification");
    check(sd_bus_message_append(message.get(), "u", number), "CloseNotification");
    call(message, on_message<Impl, &Impl::on_gone>, this);
  }

  // Not from within libsystemd.
  void rest() {
    if (observer_.waiting() || calls_ > 0) return;
    later([this] {
      if (observer_.waiting() || calls_ > 0) return;
      link_.close();
      forget_server();
    });
  }

  template <class Function>
  void later(Function function) {
    asio::post(io_, [alive = std::weak_ptr<int>(alive_), function = std::move(function)] {
      if (!alive.expired()) guarded("a notification", function);
    });
  }

 private:
  struct Asked {
    Impl* owner;
    std::string server;
    std::function<void(std::uint32_t, const std::string&)> shown;

    void on_shown(sd_bus_message& reply) { owner->on_shown(*this, reply); }
  };

  void connect() {
    if (link_.is_open()) return;
    link_.open();
    link_.watch(server_name, server_path, server_interface, "ActionInvoked",
                on_message<Impl, &Impl::on_action>, this);
    link_.watch(server_name, server_path, server_interface, "NotificationClosed",
                on_message<Impl, &Impl::on_closed>, this);
    check(sd_bus_add_match_async(&link_.bus(), nullptr, owner_changes,
                                 on_message<Impl, &Impl::on_owner>, nullptr, this),
          "watching for a notification server");
  }

  void lost(const std::string& why) {
    log::info("desktop", trouble_ + why);
    forget_server();
    link_.close();
    asked_.clear();
    calls_ = 0;
    learning_ = false;
    observer_.lost();
  }

  void call(const bus::MessageHandle& message, sd_bus_message_handler_t handler, void* self) {
    link_.call(message, handler, self);
    ++calls_;
  }

  void forget_server() {
    server_.clear();
    markup_ = buttons_ = believed_ = false;
  }

  // Which server there is, what it can do, and whose it is.
  void learn() {
    if (std::exchange(learning_, true)) return;
    newest_.clear();
    call(bus::new_call(link_.bus(), server_name, server_path, server_interface, "GetCapabilities"),
         on_message<Impl, &Impl::on_capabilities>, this);
  }

  void on_capabilities(sd_bus_message& reply) {
    --calls_;
    learning_ = false;
    const std::string error = error_of(reply);
    // One that came meanwhile was not asked; others are waited for (on_owner).
    if (!newest_.empty() && (!error.empty() || newest_ != sender_of(reply))) return learn();
    if (!error.empty()) {
      log::info("desktop", trouble_ + error);
      return;
    }
    check(sd_bus_message_enter_container(&reply, 'a', "s"), "GetCapabilities");
    const char* capability = nullptr;
    int more = 0;
    while ((more = sd_bus_message_read(&reply, "s", &capability)) > 0) {
      markup_ = markup_ || std::string_view(capability) == "body-markup";
      buttons_ = buttons_ || std::string_view(capability) == "actions";
    }
    check(more, "GetCapabilities");
    server_ = sender_of(reply);
    seen_ = ticks_since_boot();
    const bus::MessageHandle whose =
        bus::new_call(link_.bus(), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                      "org.freedesktop.DBus", "GetConnectionUnixProcessID");
    check(sd_bus_message_append(whose.get(), "s", server_.c_str()), "GetConnectionUnixProcessID");
    call(whose, on_message<Impl, &Impl::on_process>, this);
    learning_ = true;
  }

  // Of the server, which until then is shown nothing.
  void on_process(sd_bus_message& reply) {
    --calls_;
    learning_ = false;
    if (server_.empty()) {  // it is not the server any more
      if (!newest_.empty()) learn();
      return;
    }
    std::uint32_t pid = 0;
    if (error_of(reply).empty()) {
      check(sd_bus_message_read(&reply, "u", &pid), "GetConnectionUnixProcessID");
    }
    believed_ = pid != 0 && judge_(static_cast<pid_t>(pid), seen_);
    if (believed_) {
      observer_.ready();
    } else {
      log::warning("desktop", trouble_ +
                                  "their server was started by gemini-voiced, or it cannot be seen "
                                  "by whom");
    }
    rest();
  }

  void on_shown(const Asked& asked, sd_bus_message& reply) {
    --calls_;
    const Asked done = asked;
    asked_.remove_if([&asked](const Asked& one) { return &one == &asked; });
    std::uint32_t number = 0;
    if (error_of(reply).empty()) check(sd_bus_message_read(&reply, "u", &number), "Notify");
    // A server that has ended shows nothing any more.
    done.shown(done.server == server_ ? number : 0, done.server);
  }

  // Also where it was gone already.
  void on_gone(sd_bus_message& /*reply*/) {
    --calls_;
    rest();
  }

  void on_action(sd_bus_message& signal) {
    std::uint32_t number = 0;
    const char* key = nullptr;
    check(sd_bus_message_read(&signal, "us", &number, &key), "ActionInvoked");
    if (number != 0) observer_.pressed(number, sender_of(signal), key);
  }

  void on_closed(sd_bus_message& signal) {
    std::uint32_t number = 0;
    std::uint32_t reason = 0;
    check(sd_bus_message_read(&signal, "uu", &number, &reason), "NotificationClosed");
    if (number != 0) observer_.closed(number, sender_of(signal));
  }

  void on_owner(sd_bus_message& signal) {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* after = nullptr;
    check(sd_bus_message_read(&signal, "sss", &name, &before, &after), "NameOwnerChanged");
    forget_server();
    observer_.gone();
    if (*after == '\0' || !observer_.waiting()) return;
    if (learning_) newest_ = after;
    learn();
  }

  asio::io_context& io_;
  std::string trouble_;
  Judge judge_;
  NotificationObserver& observer_;
  std::string server_;  // its unique name; empty: not known yet
  bool markup_ = false;
  bool buttons_ = false;
  bool believed_ = false;   // it is known, and not what a tool made it
  std::uint64_t seen_ = 0;  // when it was there, in ticks_since_boot()
  bool learning_ = false;
  std::string newest_;      // another server that came while learning
  std::size_t calls_ = 0;   // without an answer yet
  std::list<Asked> asked_;  // to show something
  Link link_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

bool NotificationServer::not_ours(pid_t server, std::uint64_t seen) {
  return tie_to_us(server, seen) == Tie::none;
}

NotificationServer::NotificationServer(asio::io_context& io, std::string what, Judge judge,
                                       NotificationObserver& observer)
    : impl_(std::make_unique<Impl>(io, std::move(what), std::move(judge), observer)) {}

NotificationServer::~NotificationServer() = default;

void NotificationServer::look() {
  impl_->look();
}

bool NotificationServer::believed() const {
  return impl_->believed();
}

const std::string& NotificationServer::name() const {
  return impl_->name();
}

bool NotificationServer::markup() const {
  return impl_->markup();
}

bool NotificationServer::buttons() const {
  return impl_->buttons();
}

void NotificationServer::show(
    const Notification& notification,
    std::function<void(std::uint32_t number, const std::string& server)> shown) {
  impl_->show(notification, std::move(shown));
}

void NotificationServer::close(std::uint32_t number, const std::string& server) {
  impl_->close(number, server);
}

void NotificationServer::rest() {
  impl_->rest();
}

void NotificationServer::later(std::function<void()> function) {
  impl_->later(std::move(function));
}

}  // namespace gv::desktop
