// What all calls of the desktop's portal (xdg-desktop-portal) have in common. Main thread only.
#pragma once

#include <string>

#include "daemon/bus/sd_bus.hpp"

namespace gv::desktop::portal {

inline constexpr const char* name = "org.freedesktop.portal.Desktop";
inline constexpr const char* path = "/org/freedesktop/portal/desktop";
inline constexpr const char* request_interface = "org.freedesktop.portal.Request";

// Says by which name the desktop's permissions know us, for this connection: to be called before
// anything else is asked of the portal (users.md (d)). Not every portal has this, and none takes a
// name without its .desktop file: then we are one of those without a name. Only a portal answers
// under a name of its own; the bus says that there is none.
bus::MessageHandle new_registration(sd_bus& bus);

// The object that a call with this handle_token is answered by. kind: "request", or "session".
std::string handle(sd_bus& bus, const std::string& kind, const std::string& token);

// The text behind `key` of the a{sv} that comes next in the message, which is read to its end;
// empty: there is none.
std::string text_in(sd_bus_message& message, const std::string& key);

}  // namespace gv::desktop::portal
