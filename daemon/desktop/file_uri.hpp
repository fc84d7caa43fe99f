// The file: addresses (RFC 8089) that a portal answers with. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gv::desktop {

// The path in file:///path or file://localhost/path, percent-decoded; nullopt: it is no address of
// a file on this machine.
std::optional<std::string> path_of(std::string_view uri);

}  // namespace gv::desktop
