// Where the service is: from the configuration to a WebSocket address. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gv::live {

struct Endpoint {
  bool tls = true;
  std::string host;  // without brackets
  std::string port;
  std::string uri;  // ws[s]://host:port/path, never with the key in it
  bool operator==(const Endpoint&) const = default;
};

// base: ws[s]://host[:port], as the configuration loader has checked it; version: v1beta, …
// Throws FailureError(invalid_argument) where base cannot be read.
Endpoint make_endpoint(std::string_view base, std::string_view version);

}  // namespace gv::live
