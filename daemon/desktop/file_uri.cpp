#include "daemon/desktop/file_uri.hpp"

#include <charconv>

namespace gv::desktop {

std::optional<std::string> path_of(std::string_view uri) {
  constexpr std::string_view scheme = "file://";
  constexpr std::string_view this_machine = "localhost";
  if (!uri.starts_with(scheme)) return std::nullopt;
  uri.remove_prefix(scheme.size());
  if (uri.starts_with(this_machine)) uri.remove_prefix(this_machine.size());
  if (!uri.starts_with('/')) return std::nullopt;
  std::string path;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] == '?' || uri[i] == '#') return std::nullopt;  // of a file's name they are encoded
    if (uri[i] != '%') {
      path += uri[i];
      continue;
    }
    const std::string_view hex = uri.substr(i + 1, 2);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (hex.size() != 2 || error != std::errc() || end != hex.data() + 2 || code == 0) {
      return std::nullopt;
    }
    path += static_cast<char>(code);
    i += 2;
  }
  if (path.find('\0') != path.npos) return std::nullopt;
  return path;
}

}  // namespace gv::desktop
