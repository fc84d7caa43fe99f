// The checks of single texts declared in kinds.hpp.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <arpa/inet.h>

#include "daemon/config/kinds.hpp"
#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

constexpr std::string_view control_character = "holds a control character";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alphanumeric(char c) {
  return is_digit(c) || is_letter(c);
}

bool only(std::string_view text, std::string_view extra) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [extra](char c) {
    return is_alphanumeric(c) || extra.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// inet_pton, so that neither "127.evil.example" nor "127.1" passes for loopback.
bool is_loopback(const std::string& host) {
  if (lower(host) == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_host_name(std::string_view host) {
  if (host.size() > 253 || !only(host, "-.")) return false;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t dot = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, dot - at);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    at = dot + 1;
  }
  return true;
}

bool is_port(std::string_view port) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc{} && end == port.data() + port.size() && number >= 1 &&
         number <= 65535 && port.front() != '0';
}

constexpr std::string_view bad_port = "the port is not a number from 1 to 65535";

struct Authority {
  std::string host;
  bool host_ok = false;
  bool port_ok = false;
};

// "host", "host:port" or "[v6]:port".
Authority split(std::string_view text) {
  Authority parts;
  std::string_view after;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return parts;
    parts.host = text.substr(1, close - 1);
    after = text.substr(close + 1);
    in6_addr v6{};
    parts.host_ok = inet_pton(AF_INET6, parts.host.c_str(), &v6) == 1;
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, end);
    after = text.substr(end);
    parts.host_ok = is_host_name(parts.host);
  }
  parts.port_ok =
      after.empty() || (after.size() > 1 && after[0] == ':' && is_port(after.substr(1)));
  return parts;
}

// Of the daemon's own: a tool that had them could speak to the service, or to systemd, as we do.
bool is_ours(std::string_view name) {
  return name == "GEMINI_API_KEY" || name == "GOOGLE_API_KEY" || name == "CREDENTIALS_DIRECTORY" ||
         name == "NOTIFY_SOCKET" || name == "JOURNAL_STREAM" || name == "INVOCATION_ID" ||
         name.starts_with("WATCHDOG_") || name.starts_with("LISTEN_");
}

}  // namespace

std::string check_any(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control) ? std::string(control_character) : "";
}

std::string check_prose(std::string_view text) {
  const bool bad = std::any_of(text.begin(), text.end(),
                               [](char c) { return is_control(c) && c != '\n' && c != '\t'; });
  return bad ? std::string(control_character) : "";
}

std::string check_device(std::string_view text) {
  if (text.empty()) return "the name is empty; \"default\" is the system's default device";
  return check_any(text);
}

std::string check_path(std::string_view text) {
  if (std::string wrong = check_any(text); !wrong.empty()) return wrong;
  if (text.empty() || text.front() == '/' || text.substr(0, 2) == "~/") return "";
  return in_quotes(text) + " is not an absolute path; begin it with / or ~/";
}

// Never quotes the text: a URL that is wrong may be so because it carries a key.
std::string check_endpoint(std::string_view text) {
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "ws" && scheme != "wss")) {
    return "not a web socket address; write wss://HOST or wss://HOST:PORT";
  }
  const std::string_view authority = text.substr(colon + 3);
  if (authority.find('@') != std::string_view::npos) {
    return "user names and passwords do not belong in the address; write wss://HOST or "
           "wss://HOST:PORT";
  }
  if (authority.find_first_of("/?#") != std::string_view::npos) {
    return "the path is the daemon's business; write wss://HOST or wss://HOST:PORT, without a "
           "slash after it";
  }
  const Authority parts = split(authority);
  if (!parts.host_ok) return "the host name is not valid; write wss://HOST or wss://HOST:PORT";
  if (!parts.port_ok) return std::string(bad_port);
  if (scheme == "ws" && !is_loopback(parts.host)) {
    return "plain ws:// would send the key and your voice unencrypted; it is allowed only to this "
           "machine (localhost, 127.0.0.0/8, [::1]): write wss://";
  }
  return "";
}

std::string check_url(std::string_view text) {
  if (text.empty()) return "";
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return "not a web address; write https://HOST/PATH";
  }
  const std::string_view rest = text.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return "user names and passwords do not belong in the address; name a file with the token by "
           "token_file";
  }
  const bool printable =
      std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable || rest.find('#') != std::string_view::npos) {
    return "holds a blank, a # or a letter that no address has; write it as %20, %23 and the like";
  }
  const Authority parts = split(authority);
  if (!parts.host_ok) return "the host name is not valid; write https://HOST/PATH";
  if (!parts.port_ok) return std::string(bad_port);
  if (scheme == "http" && !is_loopback(parts.host)) {
    return "plain http:// would send what the tools are told unencrypted; it is allowed only to "
           "this machine (localhost, 127.0.0.0/8, [::1]): write https://";
  }
  return "";
}

std::string check_model(std::string_view text) {
  std::string_view id = text;
  if (id.substr(0, 7) == "models/") id.remove_prefix(7);
  if (id.size() <= 128 && only(id, "._-")) return "";
  return in_quotes(text) + " is not a model name, e.g. gemini-3.8-live";
}

std::string check_voice(std::string_view text) {
  if (text.empty() || (text.size() <= 64 && only(text, "_-"))) return "";
  return in_quotes(text) + " is not a voice name, e.g. Kore (letters, digits, _ and -, at most 64)";
}

std::string check_language(std::string_view text) {
  if (text.empty()) return "";
  std::string wrong = in_quotes(text) + " is not a language tag, e.g. en, de or pt-BR";
  if (text.size() > 35) return wrong;
  bool first = true;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dash = std::min(text.find('-', at), text.size());
    const std::string_view part = text.substr(at, dash - at);
    if (part.size() > 8 || !only(part, "")) return wrong;
    if (first &&
        (part.size() < 2 || part.size() > 3 || !std::all_of(part.begin(), part.end(), is_letter))) {
      return wrong;
    }
    first = false;
    at = dash + 1;
  }
  return "";
}

std::string check_name(std::string_view text) {
  if (text.size() <= 64 && only(text, "_-")) return "";
  return in_quotes(text) + " is not a usable name: letters, digits, _ and -, at most 64";
}

std::string check_function_name(std::string_view text) {
  if (text.size() <= 63 && only(text, "_-") && (is_letter(text[0]) || text[0] == '_')) return "";
  return in_quotes(text) +
         " is not a usable name: a letter or _, then letters, digits, _ and -, at most 63";
}

std::string check_argument(std::string_view text) {
  if (text.size() > 8192) return "the argument is longer than 8 KiB";
  return check_prose(text);
}

// Never quotes the value.
std::string check_variable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  if (!only(name, "_") || is_digit(name[0])) {
    return "not a variable; write NAME, or NAME=value";
  }
  if (is_ours(name)) return std::string(name) + " is the daemon's own and never given to a tool";
  return check_argument(text);
}

}  // namespace gv::config
