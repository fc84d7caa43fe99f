// Words of others, made fit to be shown. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gv {

// Valid UTF-8 without control characters, as D-Bus, systemd and terminals need it: what is not
// valid becomes U+FFFD, a control character a blank. Cut at max_bytes, between two characters.
std::string printable(std::string_view text, std::size_t max_bytes);

}  // namespace gv
