#include "daemon/desktop/portal.hpp"

#include <algorithm>

#include "daemon/desktop/app.hpp"

namespace gv::desktop::portal {

using bus::check;

bus::MessageHandle new_registration(sd_bus& bus) {
  bus::MessageHandle message =
      bus::new_call(bus, name, path, "org.freedesktop.host.portal.Registry", "Register");
  check(sd_bus_message_append(message.get(), "sa{sv}", app_id, 0U), "Register");
  return message;
}

std::string handle(sd_bus& bus, const std::string& kind, const std::string& token) {
  const char* own = nullptr;
  check(sd_bus_get_unique_name(&bus, &own), "our name on the bus");
  std::string sender = own + 1;  // without its colon
  std::replace(sender.begin(), sender.end(), '.', '_');
  return std::string(path) + '/' + kind + '/' + sender + '/' + token;
}

std::string text_in(sd_bus_message& message, const std::string& key) {
  std::string text;
  check(sd_bus_message_enter_container(&message, 'a', "{sv}"), "a dictionary of the portal");
  while (sd_bus_message_enter_container(&message, 'e', "sv") > 0) {
    const char* here = nullptr;
    check(sd_bus_message_read(&message, "s", &here), "a dictionary of the portal");
    if (here == key) {
      const char* value = nullptr;
      check(sd_bus_message_read(&message, "v", "s", &value), "a dictionary of the portal");
      text = value;
    } else {
      check(sd_bus_message_skip(&message, "v"), "a dictionary of the portal");
    }
    check(sd_bus_message_exit_container(&message), "a dictionary of the portal");
  }
  check(sd_bus_message_exit_container(&message), "a dictionary of the portal");
  return text;
}

}  // namespace gv::desktop::portal
