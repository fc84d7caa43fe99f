#include "daemon/live/verdict.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include <boost/json.hpp>

#include "daemon/util/text.hpp"

namespace gv::live {
namespace {

constexpr std::size_t max_words = 300;  // bytes of the service's own, in a message for people

struct Sign {
  std::string_view words;  // lower-case
  Error error;
};

// In this order: the first words found in what the service said decide.
constexpr std::array signs{
    Sign{"api key not valid", Error::auth_failed},
    Sign{"api key expired", Error::auth_failed},
    Sign{"api_key_invalid", Error::auth_failed},
    Sign{"unregistered callers", Error::auth_failed},
    Sign{"denied access", Error::auth_failed},
    Sign{"permission_denied", Error::auth_failed},
    Sign{"allow-list", Error::auth_failed},
    Sign{"allowlist", Error::auth_failed},
    Sign{"user location", Error::auth_failed},
    Sign{"quota", Error::quota_exceeded},
    Sign{"resource_exhausted", Error::quota_exceeded},
    Sign{"resource has been exhausted", Error::quota_exceeded},
    Sign{"rate limit", Error::quota_exceeded},
    Sign{"is not found for api version", Error::model_unavailable},
    Sign{"not supported for bidigeneratecontent", Error::model_unavailable},
    Sign{"currently unavailable", Error::network_unavailable},
    Sign{"deadline expired", Error::network_unavailable},
    Sign{"operation was aborted", Error::network_unavailable},
    Sign{"session not found", Error::network_unavailable},
    Sign{"session expired", Error::network_unavailable},
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

Error by_words(std::string_view text) {
  const auto haystack = lower(text);
  const auto* found = std::ranges::find_if(
      signs, [&haystack](const Sign& sign) { return haystack.find(sign.words) != haystack.npos; });
  return found == signs.end() ? Error::none : found->error;
}

Error by_close_code(std::uint16_t code) {
  switch (code) {
    case 1000:
      return Error::none;
    case 1001:  // going away
    case 1006:  // no close frame
    case 1011:  // internal error
    case 1012:  // restart
    case 1013:  // try again later
    case 1014:  // bad gateway
      return Error::network_unavailable;
    default:
      return Error::protocol_error;
  }
}

Error by_http_status(int status) {
  if (status == 401 || status == 403) return Error::auth_failed;
  if (status == 429) return Error::quota_exceeded;
  if (status == 404) return Error::model_unavailable;
  if (status >= 500) return Error::network_unavailable;
  return Error::protocol_error;
}

std::string advice(Error error, std::string_view words, std::string_view model) {
  switch (error) {
    case Error::auth_failed:
      if (lower(words).find("user location") != std::string::npos) {
        return "The service is not offered where you are";
      }
      return "give gemini-voiced the right API key (https://aistudio.google.com/apikey; a key file "
             "is read "
             "anew at every start)";
    case Error::quota_exceeded:
      return "Wait a minute, or look at the plan of the key's project";
    case Error::model_unavailable:
      return "Set another model for the profile than '" + std::string(model) +
             "' (the default is gemini-3.8-live), or another api.version";
    case Error::network_unavailable:
      return "Check the network and start again";
    case Error::protocol_error:
      return "Check the profile's model and voice; if they are right, report this line";
    case Error::none:
    case Error::no_api_key:
    case Error::device_unavailable:
    case Error::invalid_argument:
    case Error::config_invalid:
    case Error::not_running:
    case Error::busy:
    case Error::budget_exceeded:
    case Error::tool_denied:
      break;
  }
  return "";
}

Failure compose(Error error, std::string_view what, std::string_view words,
                std::string_view model) {
  std::string message(what);
  if (!words.empty()) message.append(": ").append(printable(words, max_words));
  if (!message.ends_with('.')) message += '.';
  if (const auto next = advice(error, words, model); !next.empty()) {
    message.append(" Try: ").append(next).append(".");
  }
  return {error, std::move(message)};
}

// Google's HTTP errors are JSON with a message of their own; a proxy's are a page.
std::string http_words(const std::string& body) {
  boost::json::error_code ec;
  const auto parsed = boost::json::parse(body, ec);
  if (!ec && parsed.is_object()) {
    if (const auto* error = parsed.get_object().if_contains("error"); error && error->is_object()) {
      const auto* message = error->get_object().if_contains("message");
      if (message != nullptr && message->is_string()) return message->get_string().c_str();
    }
  }
  return body.substr(0, body.find_first_of("\r\n"));
}

}  // namespace

Failure judge(const CloseInfo& info, std::string_view model) {
  switch (info.stage) {
    case CloseInfo::Stage::connect:
      return compose(Error::network_unavailable, "The service could not be reached",
                     info.local_error, model);
    case CloseInfo::Stage::upgrade: {
      const auto words = http_words(info.http_body);
      const auto told = by_words(info.http_body);
      const auto error = told != Error::none ? told : by_http_status(info.http_status);
      return compose(
          error,
          "The service refused the connection with HTTP status " + std::to_string(info.http_status),
          words, model);
    }
    case CloseInfo::Stage::open:
      break;
  }
  if (info.code == 1000) return {};
  const auto told = by_words(info.reason);
  const auto error = told != Error::none ? told : by_close_code(info.code);
  if (info.reason.empty() && info.code == 1006) {
    return compose(error, "The connection to the service was lost", info.local_error, model);
  }
  return compose(error, "The service ended the session (" + std::to_string(info.code) + ")",
                 info.reason, model);
}

Failure judge(const ServerError& error, std::string_view model) {
  auto verdict = by_words(error.message);
  if (verdict == Error::none) verdict = by_words(error.status);
  if (verdict == Error::none) verdict = by_http_status(static_cast<int>(error.code));
  return compose(verdict, "The service reported error " + std::to_string(error.code), error.message,
                 model);
}

}  // namespace gv::live
