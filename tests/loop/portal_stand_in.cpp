// A desktop portal that takes screenshots and binds keys: portal_stand_in FLAG...
//   old           knows no Registry, and gives requests paths of its own
//   blind         takes no screenshots
//   keyless       binds no keys
//   nameless      does not own the name: an intruder
// Commands: answer CODE URI: to the last request; forge PATH VICTIM CODE URI: to
// that one, straight to who waits for it. Of keys: bound CODE: to the last request; press ID and
// release ID, of the last session; forge_press ID SESSION VICTIM: straight to that one; end: the
// session.
#include <cstdint>
#include <map>
#include <set>

#include "tests/loop/stand_in.hpp"

namespace {

using gv::test::StandIn;

constexpr const char* name = "org.freedesktop.portal.Desktop";
constexpr const char* path = "/org/freedesktop/portal/desktop";
constexpr const char* request_interface = "org.freedesktop.portal.Request";
constexpr const char* shortcuts_interface = "org.freedesktop.portal.GlobalShortcuts";

struct Portal {
  StandIn stand_in;
  std::set<std::string> flags;
  std::string request;
  std::string session;

  static int register_app(sd_bus_message* message, void*, sd_bus_error*) {
    const char* id = nullptr;
    sd_bus_message_read(message, "s", &id);
    StandIn::tell(std::string("register ") + id);
    return sd_bus_reply_method_return(message, "");
  }

  using Options = std::map<std::string, std::string>;
  // Those that are text.
  static Options read_options(sd_bus_message* message) {
    Options options;
    StandIn::require(sd_bus_message_enter_container(message, 'a', "{sv}"), "options");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
      const char* key = nullptr;
      const char* value = nullptr;
      const char* type = nullptr;
      sd_bus_message_read(message, "s", &key);
      sd_bus_message_peek_type(message, nullptr, &type);
      if (std::string(type) == "s") {
        sd_bus_message_read(message, "v", "s", &value);
        options[key] = value;
      } else {
        sd_bus_message_skip(message, "v");
      }
      sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    return options;
  }
  std::string handle(sd_bus_message* message, const std::string& kind, std::string token) const {
    std::string sender = sd_bus_message_get_sender(message) + 1;
    std::replace(sender.begin(), sender.end(), '.', '_');
    if (flags.contains("old")) token = "t1234";
    return std::string(path) + '/' + kind + '/' + sender + '/' + token;
  }

  static int screenshot(sd_bus_message* message, void* self, sd_bus_error*) {
    Portal& portal = *static_cast<Portal*>(self);
    const char* window = nullptr;
    StandIn::require(sd_bus_message_read(message, "s", &window), "window");
    portal.request = portal.handle(message, "request", read_options(message)["handle_token"]);
    StandIn::tell("screenshot " + portal.request);
    return sd_bus_reply_method_return(message, "o", portal.request.c_str());
  }

  static int create_session(sd_bus_message* message, void* self, sd_bus_error*) {
    Portal& portal = *static_cast<Portal*>(self);
    Options options = read_options(message);
    portal.request = portal.handle(message, "request", options["handle_token"]);
    portal.session = portal.handle(message, "session", options["session_handle_token"]);
    StandIn::tell("create " + portal.session);
    return sd_bus_reply_method_return(message, "o", portal.request.c_str());
  }

  static int bind_shortcuts(sd_bus_message* message, void* self, sd_bus_error*) {
    Portal& portal = *static_cast<Portal*>(self);
    const char* session = nullptr;
    const char* window = nullptr;
    StandIn::require(sd_bus_message_read(message, "o", &session), "session");
    std::string line = session == portal.session ? "bind" : "bind in another session";
    StandIn::require(sd_bus_message_enter_container(message, 'a', "(sa{sv})"), "shortcuts");
    while (sd_bus_message_enter_container(message, 'r', "sa{sv}") > 0) {
      const char* id = nullptr;
      sd_bus_message_read(message, "s", &id);
      Options options = read_options(message);
      line += ' ' + std::string(id) + '=' + options["preferred_trigger"];
      if (options["description"].empty()) line += " without a description";
      sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    StandIn::require(sd_bus_message_read(message, "s", &window), "window");
    portal.request = portal.handle(message, "request", read_options(message)["handle_token"]);
    StandIn::tell(line);
    return sd_bus_reply_method_return(message, "o", portal.request.c_str());
  }

  void bound(std::uint32_t code) {
    sd_bus_message* signal = nullptr;
    StandIn::require(sd_bus_message_new_signal(stand_in.bus(), &signal, request.c_str(),
                                               request_interface, "Response"),
                     "Response");
    StandIn::require(
        sd_bus_message_append(signal, "ua{sv}", code, 2, "session_handle", "s", session.c_str(),
                              "shortcuts", "a(sa{sv})", 2, "toggle", 1, "trigger_description", "s",
                              "Press <Super>g", "mute", 0),
        "Response");
    StandIn::require(sd_bus_send(stand_in.bus(), signal, nullptr), "Response");
    sd_bus_message_unref(signal);
  }

  // destination: nullptr: whoever listens.
  void key(const char* member, const std::string& of_session, const std::string& id,
           const char* destination) {
    sd_bus_message* signal = nullptr;
    StandIn::require(
        sd_bus_message_new_signal(stand_in.bus(), &signal, path, shortcuts_interface, member),
        member);
    StandIn::require(sd_bus_message_append(signal, "osta{sv}", of_session.c_str(), id.c_str(),
                                           std::uint64_t{1}, 0),
                     member);
    StandIn::require(sd_bus_send_to(stand_in.bus(), signal, destination, nullptr), member);
    sd_bus_message_unref(signal);
  }

  void end_session() {
    StandIn::require(sd_bus_emit_signal(stand_in.bus(), session.c_str(),
                                        "org.freedesktop.portal.Session", "Closed", "a{sv}", 0),
                     "Closed");
  }

  // Close(), of any request.
  static int filter(sd_bus_message* message, void*, sd_bus_error*) {
    if (sd_bus_message_is_method_call(message, request_interface, "Close") > 0) {
      StandIn::tell(std::string("close ") + sd_bus_message_get_path(message));
    }
    return 0;
  }

  // destination: nullptr: whoever listens; else as if the bus had asked for it there.
  void answer(const std::string& to, const char* destination, std::uint32_t code,
              const std::string& uri) {
    sd_bus_message* signal = nullptr;
    StandIn::require(sd_bus_message_new_signal(stand_in.bus(), &signal, to.c_str(),
                                               request_interface, "Response"),
                     "Response");
    StandIn::require(
        sd_bus_message_append(signal, "ua{sv}", code, 2, "other", "u", 1, "uri", "s", uri.c_str()),
        "Response");
    StandIn::require(sd_bus_send_to(stand_in.bus(), signal, destination, nullptr), "Response");
    sd_bus_message_unref(signal);
  }

  void obey(std::istream& words) {
    std::string verb;
    std::string to = request;
    std::uint32_t code = 0;
    std::string uri;
    words >> verb;
    std::string victim;
    std::string id;
    if (verb == "bound") {
      words >> code;
      return bound(code);
    }
    if (verb == "end") return end_session();
    if (verb == "press" || verb == "release") {
      words >> id;
      return key(verb == "press" ? "Activated" : "Deactivated", session.empty() ? "/none" : session,
                 id, nullptr);
    }
    if (verb == "forge_press") {
      std::string of_session;
      words >> id >> of_session >> victim;
      return key("Activated", of_session, id, victim.c_str());
    }
    if (verb == "forge") words >> to >> victim;
    words >> code >> uri;
    answer(to, victim.empty() ? nullptr : victim.c_str(), code, uri);
  }
};

const sd_bus_vtable registry[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Register", "sa{sv}", "", Portal::register_app, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END};
const sd_bus_vtable screenshots[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Screenshot", "sa{sv}", "o", Portal::screenshot, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END};
const sd_bus_vtable shortcuts[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("CreateSession", "a{sv}", "o", Portal::create_session,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("BindShortcuts", "oa(sa{sv})sa{sv}", "o", Portal::bind_shortcuts,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END};

}  // namespace

int main(int argc, char** argv) {
  Portal portal;
  portal.flags.insert(argv + 1, argv + argc);
  sd_bus* const bus = portal.stand_in.bus();
  StandIn::require(sd_bus_add_filter(bus, nullptr, Portal::filter, &portal), "filter");
  if (!portal.flags.contains("old")) {
    StandIn::require(
        sd_bus_add_object_vtable(bus, nullptr, path, "org.freedesktop.host.portal.Registry",
                                 registry, &portal),
        "registry");
  }
  if (!portal.flags.contains("blind")) {
    StandIn::require(
        sd_bus_add_object_vtable(bus, nullptr, path, "org.freedesktop.portal.Screenshot",
                                 screenshots, &portal),
        "screenshots");
  }
  if (!portal.flags.contains("keyless")) {
    StandIn::require(
        sd_bus_add_object_vtable(bus, nullptr, path, shortcuts_interface, shortcuts, &portal),
        "shortcuts");
  }
  if (!portal.flags.contains("nameless")) {
    StandIn::require(sd_bus_request_name(bus, name, 0), "name");
  }
  return portal.stand_in.run([&portal](std::istream& words) { portal.obey(words); });
}
