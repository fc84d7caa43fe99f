#include "daemon/live/endpoint.hpp"

#include <algorithm>
#include <cctype>

#include "daemon/util/error.hpp"

namespace gv::live {

Endpoint make_endpoint(std::string_view base, std::string_view version) {
  const auto refuse = [&base] {
    throw FailureError(Error::invalid_argument, "api.endpoint '" + std::string(base) +
                                                    "' is not of the form ws[s]://host[:port]. "
                                                    "Try: wss://generativelanguage.googleapis.com");
  };
  Endpoint result;
  std::string_view rest = base;
  const auto separator = rest.find("://");
  if (separator == std::string_view::npos) refuse();
  std::string scheme(rest.substr(0, separator));
  std::ranges::transform(scheme, scheme.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (scheme != "wss" && scheme != "ws") refuse();
  result.tls = scheme == "wss";
  rest.remove_prefix(separator + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  std::string_view host = rest;
  std::string_view port = result.tls ? "443" : "80";
  const auto bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  }
  if (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos) refuse();
  if (host.empty() || host.find_first_of("/@?#") != std::string_view::npos) refuse();
  result.port = port;
  // live-api.md section 1.1
  result.uri = std::string(result.tls ? "wss://" : "ws://");
  result.uri.append(host).append(":").append(port);
  result.uri.append("/ws/google.ai.generativelanguage.").append(version);
  result.uri.append(".GenerativeService.BidiGenerateContent");
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  result.host = host;
  return result;
}

}  // namespace gv::live
