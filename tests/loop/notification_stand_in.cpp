// A notification server: notification_stand_in FLAG...
//   nameless    does not own the name: an intruder
//   plain       has neither buttons nor markup
//   hold        answers Notify only when told to
//   yields      lets another take the name
//   takes       takes it
// Commands: action ID KEY [VICTIM]; closed ID; release (what is held).
#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/loop/stand_in.hpp"

namespace {

using gv::test::StandIn;

constexpr const char* name = "org.freedesktop.Notifications";
constexpr const char* path = "/org/freedesktop/Notifications";

struct Server {
  StandIn stand_in;
  std::set<std::string> flags;
  std::uint32_t last = 0;
  std::vector<sd_bus_message*> held;

  static int capabilities(sd_bus_message* message, void* self, sd_bus_error*) {
    StandIn::tell("capabilities");
    if (static_cast<Server*>(self)->flags.contains("plain")) {
      return sd_bus_reply_method_return(message, "as", 1, "body");
    }
    return sd_bus_reply_method_return(message, "as", 3, "body", "body-markup", "actions");
  }

  static int notify(sd_bus_message* message, void* self, sd_bus_error*) {
    Server& server = *static_cast<Server*>(self);
    StandIn::tell(std::string("from ") + sd_bus_message_get_sender(message));
    const char* app = nullptr;
    const char* icon = nullptr;
    const char* summary = nullptr;
    const char* body = nullptr;
    std::uint32_t replaces = 0;
    StandIn::require(sd_bus_message_read(message, "susss", &app, &replaces, &icon, &summary, &body),
                     "Notify");
    if (replaces != 0) StandIn::tell("replaces " + std::to_string(replaces));
    const std::uint32_t number = replaces != 0 ? replaces : server.last + 1;
    std::string line = "notify " + std::to_string(number) + ' ' + summary;
    StandIn::require(sd_bus_message_enter_container(message, 'a', "s"), "actions");
    const char* word = nullptr;
    while (sd_bus_message_read(message, "s", &word) > 0)
      line += std::string(" [") + word + ']';
    sd_bus_message_exit_container(message);
    StandIn::require(sd_bus_message_enter_container(message, 'a', "{sv}"), "hints");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
      const char* key = nullptr;
      std::uint8_t urgency = 0;
      sd_bus_message_read(message, "s", &key);
      if (std::string(key) == "urgency") {
        sd_bus_message_read(message, "v", "y", &urgency);
        line += " urgency=" + std::to_string(urgency);
      } else {
        sd_bus_message_skip(message, "v");
      }
      sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    std::int32_t expires = -1;
    sd_bus_message_read(message, "i", &expires);
    StandIn::tell(line + " expires=" + std::to_string(expires) + ' ' + body);
    if (server.flags.contains("hold")) {
      server.held.push_back(sd_bus_message_ref(message));
      return 1;
    }
    server.last = std::max(server.last, number);
    return sd_bus_reply_method_return(message, "u", number);
  }

  static int close(sd_bus_message* message, void* self, sd_bus_error*) {
    std::uint32_t id = 0;
    sd_bus_message_read(message, "u", &id);
    StandIn::tell("close " + std::to_string(id));
    static_cast<Server*>(self)->closed(id, 3);
    return sd_bus_reply_method_return(message, "");
  }

  void closed(std::uint32_t id, std::uint32_t reason) {
    sd_bus_emit_signal(stand_in.bus(), path, name, "NotificationClosed", "uu", id, reason);
  }

  // victim: to whom it goes straight, whatever he listens to; empty: whoever listens.
  void act(std::uint32_t id, const std::string& key, const std::string& victim) {
    sd_bus_message* signal = nullptr;
    StandIn::require(
        sd_bus_message_new_signal(stand_in.bus(), &signal, path, name, "ActionInvoked"), "signal");
    StandIn::require(sd_bus_message_append(signal, "us", id, key.c_str()), "signal");
    const char* to = victim.empty() ? nullptr : victim.c_str();
    StandIn::require(sd_bus_send_to(stand_in.bus(), signal, to, nullptr), "signal");
    sd_bus_message_unref(signal);
  }

  void obey(std::istream& words) {
    std::string verb;
    std::uint32_t id = 0;
    std::string key;
    std::string victim;
    words >> verb >> id >> key >> victim;
    if (verb == "action") {
      act(id, key, victim);
    } else if (verb == "closed") {
      closed(id, 2);
    } else if (verb == "release") {
      for (sd_bus_message* message : held) {
        sd_bus_reply_method_return(message, "u", ++last);
        sd_bus_message_unref(message);
      }
      held.clear();
    }
  }
};

const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("GetCapabilities", "", "as", Server::capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", Server::notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CloseNotification", "u", "", Server::close, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("ActionInvoked", "us", 0),
    SD_BUS_SIGNAL("NotificationClosed", "uu", 0),
    SD_BUS_VTABLE_END};

}  // namespace

int main(int argc, char** argv) {
  Server server;
  server.flags.insert(argv + 1, argv + argc);
  sd_bus* const bus = server.stand_in.bus();
  StandIn::require(sd_bus_add_object_vtable(bus, nullptr, path, name, vtable, &server), "object");
  if (!server.flags.contains("nameless")) {
    std::uint64_t how = 0;
    if (server.flags.contains("yields")) how |= SD_BUS_NAME_ALLOW_REPLACEMENT;
    if (server.flags.contains("takes")) how |= SD_BUS_NAME_REPLACE_EXISTING;
    StandIn::require(sd_bus_request_name(bus, name, how), "name");
  }
  return server.stand_in.run([&server](std::istream& words) { server.obey(words); });
}
