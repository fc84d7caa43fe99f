// A desktop portal that takes screenshots: portal_stand_in FLAG...
//   old           knows no Registry, and gives requests paths of its own
//   blind         takes no screenshots
//   nameless      does not own the name: an intruder
// Commands: answer CODE URI: to the last request; forge PATH VICTIM CODE URI: to
// that one, straight to who waits for it.
#include <cstdint>
#include <set>

#include "tests/loop/stand_in.hpp"

namespace {

using gv::test::StandIn;

constexpr const char* name = "org.freedesktop.portal.Desktop";
constexpr const char* path = "/org/freedesktop/portal/desktop";
constexpr const char* request_interface = "org.freedesktop.portal.Request";

struct Portal {
  StandIn stand_in;
  std::set<std::string> flags;
  std::string request;

  static int register_app(sd_bus_message* message, void*, sd_bus_error*) {
    const char* id = nullptr;
    sd_bus_message_read(message, "s", &id);
    StandIn::tell(std::string("register ") + id);
    return sd_bus_reply_method_return(message, "");
  }

  static int screenshot(sd_bus_message* message, void* self, sd_bus_error*) {
    Portal& portal = *static_cast<Portal*>(self);
    const char* window = nullptr;
    StandIn::require(sd_bus_message_read(message, "s", &window), "window");
    std::string token = "t";
    StandIn::require(sd_bus_message_enter_container(message, 'a', "{sv}"), "options");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
      const char* key = nullptr;
      const char* value = nullptr;
      sd_bus_message_read(message, "s", &key);
      if (std::string(key) == "handle_token") {
        sd_bus_message_read(message, "v", "s", &value);
        token = value;
      } else {
        sd_bus_message_skip(message, "v");
      }
      sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    std::string sender = sd_bus_message_get_sender(message) + 1;
    std::replace(sender.begin(), sender.end(), '.', '_');
    if (portal.flags.contains("old")) token = "t1234";
    portal.request = std::string(path) + "/request/" + sender + '/' + token;
    StandIn::tell("screenshot " + portal.request);
    return sd_bus_reply_method_return(message, "o", portal.request.c_str());
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
  if (!portal.flags.contains("nameless")) {
    StandIn::require(sd_bus_request_name(bus, name, 0), "name");
  }
  return portal.stand_in.run([&portal](std::istream& words) { portal.obey(words); });
}
