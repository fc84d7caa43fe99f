#include "daemon/tools/bridge/target.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <variant>

#include <curl/curl.h>
#include <unistd.h>

#include "daemon/config/read_file.hpp"

namespace gv::bridge {
namespace {

constexpr std::size_t longest_token = 8192;

struct UrlCloser {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&::curl_free)> owner(text, ::curl_free);
  return text;
}

// Addresses, and the one name that the system itself resolves to them (RFC 6761 section 6.3).
bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace

Target check_url(std::string_view text) {
  const std::unique_ptr<CURLU, UrlCloser> url(::curl_url());
  Target target{.url = std::string(text)};
  if (!url || ::curl_url_set(url.get(), CURLUPART_URL, target.url.c_str(), 0) != CURLUE_OK) {
    throw std::runtime_error("the address is no URL");
  }
  if (!part(url.get(), CURLUPART_USER).empty() || !part(url.get(), CURLUPART_PASSWORD).empty()) {
    throw std::runtime_error("the address holds a name or a password; use --token-file FILE");
  }
  target.loopback = is_loopback(part(url.get(), CURLUPART_HOST));
  const auto scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "https" && !(scheme == "http" && target.loopback)) {
    throw std::runtime_error("the address is neither https:// nor http:// to this machine");
  }
  return target;
}

std::string read_token(const std::string& path) {
  auto read = config::read_regular_file(path, longest_token);
  if (const auto* error = std::get_if<config::FileError>(&read)) {
    throw std::runtime_error("the token file " + path + " cannot be read: " + error->message);
  }
  const auto& file = std::get<config::FileText>(read);
  if (file.owner != ::geteuid() || (file.mode & 077) != 0) {
    throw std::runtime_error("the token file " + path +
                             " is another user's or open to others; close it with: chmod 600 " +
                             path);
  }
  constexpr std::string_view blank = " \t\r\n";
  const auto first = file.text.find_first_not_of(blank);
  auto token = first == file.text.npos
                   ? std::string()
                   : file.text.substr(first, file.text.find_last_not_of(blank) - first + 1);
  const bool sound = !token.empty() && std::all_of(token.begin(), token.end(),
                                                   [](char c) { return c > ' ' && c < '\x7f'; });
  if (!sound) throw std::runtime_error("the token file " + path + " holds no token alone");
  return token;
}

}  // namespace gv::bridge
