// The server that the bridge leads to, and what it is trusted with.
#pragma once

#include <string>
#include <string_view>

namespace gv::bridge {

struct Target {
  std::string url{};
  bool loopback = false;
  std::string token{};  // empty: none
};

// Throws std::runtime_error: https, or http to this machine; no name or password in it.
Target check_url(std::string_view url);

// A bearer token, alone in a file that is closed to others. Throws std::runtime_error; never with
// the token in it.
std::string read_token(const std::string& path);

}  // namespace gv::bridge
