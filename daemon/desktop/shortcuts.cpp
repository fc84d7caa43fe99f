#include "daemon/desktop/shortcuts.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <asio/post.hpp>

#include "daemon/desktop/key_repeat.hpp"
#include "daemon/desktop/link.hpp"
#include "daemon/desktop/portal.hpp"
#include "daemon/util/clock.hpp"
#include "daemon/util/guarded.hpp"
#include "daemon/util/lineage.hpp"
#include "daemon/util/log.hpp"
#include "daemon/util/text.hpp"

namespace gv::desktop {
namespace {

using bus::check;
using bus::on_message;

constexpr const char* interface = "org.freedesktop.portal.GlobalShortcuts";
constexpr const char* session_interface = "org.freedesktop.portal.Session";
constexpr const char* owner_changes =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    "arg0='org.freedesktop.portal.Desktop'";

constexpr std::size_t longest_trigger = 60;

struct Offered {
  const char* id;
  const char* description;  // the desktop shows it
  std::string config::Shortcuts::*trigger;
};
constexpr std::array<Offered, 3> offered{{
    {"toggle", "Start or stop a conversation", &config::Shortcuts::toggle},
    {"talk", "Talk while it is held, or tap it", &config::Shortcuts::talk},
    {"mute", "Close or open the microphone", &config::Shortcuts::mute},
}};

// A portal that starts before there is a screen serves none for as long as it runs.
bool may_start_portal() {
  for (const char* name : {"WAYLAND_DISPLAY", "DISPLAY"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

}  // namespace

class Shortcuts::Impl {
 public:
  Impl(asio::io_context& io, session::Control& control, NotificationServer::Judge judge)
      : io_(io),
        control_(control),
        judge_(std::move(judge)),
        link_(io, [this](const std::string& why) { unbound("the bus is gone: " + why); }) {}

  void configure(const config::Shortcuts& wanted) {
    if (wanted == wanted_) return;
    wanted_ = wanted;
    said_.clear();
    connect();
  }

 private:
  // Anew, so that each portal sees an unknown caller, who may register.
  void connect() {
    let_go();
    forget();
    link_.close();
    if (!wanted_.portal) return;
    try {
      link_.open();
      check(sd_bus_add_match_async(&link_.bus(), nullptr, owner_changes,
                                   on_message<Impl, &Impl::on_owner>, nullptr, this),
            "watching for a portal");
      const bus::MessageHandle message = portal::new_registration(link_.bus());
      check(sd_bus_message_set_auto_start(message.get(), may_start_portal() ? 1 : 0), "Register");
      link_.call(message, on_message<Impl, &Impl::on_registered>, this);
      registering_ = true;
    } catch (const std::exception& e) {
      unbound(e.what());
    }
  }

  void forget() {
    portal_.clear();
    request_.clear();
    session_.clear();
    registering_ = bound_ = binding_ = false;
  }

  // One line, once: nothing else suffers.
  void unbound(const std::string& why) {
    let_go();
    request_.clear();
    session_.clear();
    bound_ = binding_ = false;
    std::string line = "the desktop binds no hotkeys for us: " + why +
                       ". Try: gemini-voicectl bind, which says how to bind them yourself";
    if (line == said_) return;
    log::warning("hotkeys", line);
    said_ = std::move(line);
  }

  // The portal has ended, or another one is there.
  void on_owner(sd_bus_message& signal) {
    const char* name = nullptr;
    const char* before = nullptr;
    const char* after = nullptr;
    check(sd_bus_message_read(&signal, "sss", &name, &before, &after), "NameOwnerChanged");
    if (registering_ && *before == '\0') return;  // it was started for us, and will answer
    let_go();
    if (*after == '\0') {
      forget();
      return;
    }
    later([this] { connect(); });
  }

  void on_registered(sd_bus_message& reply) {
    registering_ = false;
    portal_ = sender_of(reply);
    unnamed_ = error_of(reply);
    if (!portal_.starts_with(':')) {
      portal_.clear();
      return unbound("there is no portal (" + unnamed_ + "); one that comes later is asked");
    }
    seen_ = ticks_since_boot();
    const bus::MessageHandle whose =
        bus::new_call(link_.bus(), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                      "org.freedesktop.DBus", "GetConnectionUnixProcessID");
    check(sd_bus_message_append(whose.get(), "s", portal_.c_str()), "GetConnectionUnixProcessID");
    link_.call(whose, on_message<Impl, &Impl::on_process>, this);
  }

  void on_process(sd_bus_message& reply) {
    if (portal_.empty()) return;  // it is not the portal any more
    std::uint32_t pid = 0;
    if (error_of(reply).empty()) {
      check(sd_bus_message_read(&reply, "u", &pid), "GetConnectionUnixProcessID");
    }
    if (pid == 0 || !judge_(static_cast<pid_t>(pid), seen_)) {
      return unbound(
          "the portal was started by gemini-voiced, or it cannot be seen by whom, and could press "
          "keys that nobody presses");
    }
    link_.watch(portal_.c_str(), nullptr, portal::request_interface, "Response",
                on_message<Impl, &Impl::on_response>, this);
    link_.watch(portal_.c_str(), portal::path, interface, "Activated",
                on_message<Impl, &Impl::on_activated>, this);
    link_.watch(portal_.c_str(), portal::path, interface, "Deactivated",
                on_message<Impl, &Impl::on_deactivated>, this);
    link_.watch(portal_.c_str(), nullptr, session_interface, "Closed",
                on_message<Impl, &Impl::on_session_closed>, this);
    create_session();
  }

  bus::MessageHandle new_call(const char* method) {
    return bus::new_call(link_.bus(), portal_.c_str(), portal::path, interface, method);
  }

  // A name for what answers the next call.
  std::string new_request() {
    std::string token = "gemini_voice_keys_" + std::to_string(++last_token_);
    request_ = portal::handle(link_.bus(), "request", token);
    return token;
  }

  void create_session() {
    const std::string token = new_request();
    session_ = portal::handle(link_.bus(), "session", token);
    const bus::MessageHandle message = new_call("CreateSession");
    check(sd_bus_message_append(message.get(), "a{sv}", 2U, "handle_token", "s", token.c_str(),
                                "session_handle_token", "s", token.c_str()),
          "CreateSession");
    link_.call(message, on_message<Impl, &Impl::on_called>, this);
  }

  void bind() {
    const std::string token = new_request();
    const bus::MessageHandle message = new_call("BindShortcuts");
    sd_bus_message* const raw = message.get();
    check(sd_bus_message_append(raw, "o", session_.c_str()), "BindShortcuts");
    check(sd_bus_message_open_container(raw, 'a', "(sa{sv})"), "BindShortcuts");
    for (const Offered& key : offered) {
      const std::string& trigger = wanted_.*key.trigger;
      check(trigger.empty()
                ? sd_bus_message_append(raw, "(sa{sv})", key.id, 1U, "description", "s",
                                        key.description)
                : sd_bus_message_append(raw, "(sa{sv})", key.id, 2U, "description", "s",
                                        key.description, "preferred_trigger", "s", trigger.c_str()),
            "BindShortcuts");
    }
    check(sd_bus_message_close_container(raw), "BindShortcuts");
    constexpr const char* no_window = "";
    check(sd_bus_message_append(raw, "sa{sv}", no_window, 1U, "handle_token", "s", token.c_str()),
          "BindShortcuts");
    link_.call(message, on_message<Impl, &Impl::on_called>, this);
  }

  // Only whether it was understood: the answer is a Response.
  void on_called(sd_bus_message& reply) {
    const std::string error = error_of(reply);
    if (error.empty() || sender_of(reply) != portal_ || request_.empty()) return;
    std::string why = "this desktop's portal has no global shortcuts (" + error + ')';
    if (!unnamed_.empty()) why += ", or takes none from a program without a name: " + unnamed_;
    unbound(why);
  }

  void on_response(sd_bus_message& signal) {
    const char* path = sd_bus_message_get_path(&signal);
    if (sender_of(signal) != portal_ || path == nullptr || request_ != path) return;
    request_.clear();  // it is over
    std::uint32_t response = 0;
    check(sd_bus_message_read(&signal, "u", &response), "Response");
    if (response != 0) {
      return unbound(response == 1 ? "they were refused in the desktop's own question"
                                   : "the portal has refused them, or failed");
    }
    if (!std::exchange(bound_, true)) {
      binding_ = true;
      return bind();
    }
    if (std::exchange(binding_, false)) {
      said_.clear();
      log::info("hotkeys", "the desktop has bound " + described(signal));
    }
  }

  // Of the answer to BindShortcuts: "toggle (Press <Super>g), mute".
  static std::string described(sd_bus_message& signal) {
    std::string text;
    check(sd_bus_message_enter_container(&signal, 'a', "{sv}"), "Response");
    while (sd_bus_message_enter_container(&signal, 'e', "sv") > 0) {
      const char* key = nullptr;
      check(sd_bus_message_read(&signal, "s", &key), "Response");
      if (std::string_view(key) == "shortcuts") {
        check(sd_bus_message_enter_container(&signal, 'v', "a(sa{sv})"), "Response");
        check(sd_bus_message_enter_container(&signal, 'a', "(sa{sv})"), "Response");
        while (sd_bus_message_enter_container(&signal, 'r', "sa{sv}") > 0) {
          const char* id = nullptr;
          check(sd_bus_message_read(&signal, "s", &id), "Response");
          const std::string trigger = portal::text_in(signal, "trigger_description");
          text += (text.empty() ? "" : ", ") + printable(id, longest_trigger);
          if (!trigger.empty()) text += " (" + printable(trigger, longest_trigger) + ')';
          check(sd_bus_message_exit_container(&signal), "Response");
        }
        break;
      }
      check(sd_bus_message_skip(&signal, "v"), "Response");
      check(sd_bus_message_exit_container(&signal), "Response");
    }
    return text.empty() ? "nothing: see its settings" : text;
  }

  void on_session_closed(sd_bus_message& signal) {
    const char* path = sd_bus_message_get_path(&signal);
    if (sender_of(signal) != portal_ || path == nullptr || session_ != path) return;
    unbound("it has ended our session; gemini-voiced asks again when it is started");
  }

  void on_activated(sd_bus_message& signal) { on_key(signal, true); }
  void on_deactivated(sd_bus_message& signal) { on_key(signal, false); }

  void on_key(sd_bus_message& signal, bool pressed) {
    const char* session = nullptr;
    const char* id = nullptr;
    check(sd_bus_message_read(&signal, "os", &session, &id), "a hotkey");
    if (sender_of(signal) != portal_ || session_ != session || !bound_) return;
    try {
      act(id, pressed);
    } catch (const FailureError& e) {
      log::info("hotkeys", std::string("the hotkey ") + id + " did nothing: " + e.what());
    }
  }

  void act(std::string_view id, bool pressed) {
    if (id == "talk") {
      talking_ = pressed;
      control_.talk(pressed);
    } else if (id == "toggle" && is_new(toggle_, pressed)) {
      control_.toggle({});
    } else if (id == "mute" && is_new(mute_, pressed)) {
      control_.mute(!control_.status().muted);
    }
  }

  static bool is_new(KeyRepeat& key, bool pressed) {
    if (pressed) return key.press(now_ns());
    key.release(now_ns());
    return false;
  }

  // Nobody is left to tell of the release.
  void let_go() {
    if (std::exchange(talking_, false)) control_.talk(false);
  }

  template <class Function>
  void later(Function function) {
    asio::post(io_, [alive = std::weak_ptr<int>(alive_), function = std::move(function)] {
      if (!alive.expired()) guarded("a hotkey", function);
    });
  }

  asio::io_context& io_;
  session::Control& control_;
  NotificationServer::Judge judge_;
  config::Shortcuts wanted_;
  std::string said_;        // why there are none
  std::string portal_;      // its unique name; empty: none is known
  std::string unnamed_;     // why it does not know us by name; empty: it does
  std::uint64_t seen_ = 0;  // when it was there, in ticks_since_boot()
  bool registering_ = false;
  std::string request_;  // what is waited for
  std::string session_;
  bool bound_ = false;    // the session is there, and its keys were asked for
  bool binding_ = false;  // which has not been answered
  std::uint64_t last_token_ = 0;
  bool talking_ = false;  // the talk key is down
  KeyRepeat toggle_;
  KeyRepeat mute_;
  Link link_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

Shortcuts::Shortcuts(asio::io_context& io, session::Control& control,
                     NotificationServer::Judge judge)
    : impl_(std::make_unique<Impl>(io, control, std::move(judge))) {}

Shortcuts::~Shortcuts() = default;

void Shortcuts::configure(const config::Shortcuts& wanted) {
  impl_->configure(wanted);
}

}  // namespace gv::desktop
