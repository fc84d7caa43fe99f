#include "daemon/live/verdict.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

#include <boost/json.hpp>

#include "daemon/util/text.hpp"

namespace gv::live {
namespace {

constexpr std::size_t max_words = 300;  // bytes of the service's own, in a message for people

struct Sign {
  std::string_view words;  // lower-case
  Error error;
  Remedy remedy;
};

// In this order: the first words found in what the service said decide.
constexpr std::array signs{
    Sign{"api key not valid", Error::auth_failed, Remedy::none},
    Sign{"api key expired", Error::auth_failed, Remedy::none},
    Sign{"api_key_invalid", Error::auth_failed, Remedy::none},
    Sign{"unregistered callers", Error::auth_failed, Remedy::none},
    Sign{"denied access", Error::auth_failed, Remedy::none},
    Sign{"permission_denied", Error::auth_failed, Remedy::none},
    Sign{"allow-list", Error::auth_failed, Remedy::none},
    Sign{"allowlist", Error::auth_failed, Remedy::none},
    Sign{"user location", Error::auth_failed, Remedy::none},
    Sign{"quota", Error::quota_exceeded, Remedy::quota},
    Sign{"resource_exhausted", Error::quota_exceeded, Remedy::quota},
    Sign{"resource has been exhausted", Error::quota_exceeded, Remedy::quota},
    Sign{"rate limit", Error::quota_exceeded, Remedy::quota},
    Sign{"is not found for api version", Error::model_unavailable, Remedy::other_model},
    Sign{"not supported for bidigeneratecontent", Error::model_unavailable, Remedy::other_model},
    Sign{"currently unavailable", Error::network_unavailable, Remedy::overload},
    Sign{"deadline expired", Error::network_unavailable, Remedy::resume},
    Sign{"operation was aborted", Error::network_unavailable, Remedy::resume},
    Sign{"operation is not implemented", Error::protocol_error, Remedy::resume},
    Sign{"session not found", Error::network_unavailable, Remedy::other_session},
    Sign{"session expired", Error::network_unavailable, Remedy::other_session},
    Sign{"requested entity was not found", Error::network_unavailable, Remedy::other_session},
    Sign{"invalid session handle", Error::protocol_error, Remedy::other_session},
    Sign{"request contains an invalid argument", Error::protocol_error, Remedy::less_context},
};

struct Reading {
  Error error = Error::none;
  Remedy remedy = Remedy::resume;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<Reading> by_words(std::string_view text) {
  const auto haystack = lower(text);
  const auto* found = std::ranges::find_if(
      signs, [&haystack](const Sign& sign) { return haystack.find(sign.words) != haystack.npos; });
  if (found == signs.end()) return std::nullopt;
  return Reading{found->error, found->remedy};
}

Reading by_close_code(std::uint16_t code) {
  switch (code) {
    case 1000:
      return {Error::none, Remedy::resume};
    case 1001:  // going away
    case 1012:  // restart
      return {Error::network_unavailable, Remedy::resume};
    case 1006:  // no close frame
      return {Error::network_unavailable, Remedy::network};
    case 1011:  // internal error
    case 1013:  // try again later
    case 1014:  // bad gateway
      return {Error::network_unavailable, Remedy::overload};
    case 1002:  // found by our side: a frame that is none, text that is no UTF-8, a message too big
    case 1003:
    case 1009:
      return {Error::protocol_error, Remedy::resume};
    default:
      return {Error::protocol_error, Remedy::none};
  }
}

Reading by_http_status(int status) {
  if (status == 401 || status == 403) return {Error::auth_failed, Remedy::none};
  if (status == 429) return {Error::quota_exceeded, Remedy::quota};
  if (status == 404) return {Error::model_unavailable, Remedy::other_model};
  // A time-out, and "too early".
  if (status == 408 || status == 425) return {Error::network_unavailable, Remedy::network};
  if (status >= 500) return {Error::network_unavailable, Remedy::overload};
  return {Error::protocol_error, Remedy::none};
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

Verdict compose(Reading reading, std::string_view what, std::string_view words,
                std::string_view model) {
  std::string message(what);
  if (!words.empty()) message.append(": ").append(printable(words, max_words));
  if (!message.ends_with('.')) message += '.';
  Verdict verdict{{reading.error, message}, message, reading.remedy};
  if (const auto next = advice(reading.error, words, model); !next.empty()) {
    verdict.failure.message.append(" Try: ").append(next).append(".");
  }
  return verdict;
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

Verdict judge(const CloseInfo& info, std::string_view model) {
  switch (info.stage) {
    case CloseInfo::Stage::connect:
      return compose({Error::network_unavailable, Remedy::network},
                     "The service could not be reached", info.local_error, model);
    case CloseInfo::Stage::upgrade: {
      const auto words = http_words(info.http_body);
      auto reading = by_words(info.http_body);
      // What HTTP does not find is no session: none was asked for yet.
      if (reading && reading->remedy == Remedy::other_session) reading.reset();
      return compose(
          reading.value_or(by_http_status(info.http_status)),
          "The service refused the connection with HTTP status " + std::to_string(info.http_status),
          words, model);
    }
    case CloseInfo::Stage::open:
      break;
  }
  if (info.code == 1000) return {{}, "The service ended the connection.", Remedy::resume};
  const auto reading = by_words(info.reason).value_or(by_close_code(info.code));
  if (info.reason.empty() && info.code == 1006) {
    return compose(reading, "The connection to the service was lost", info.local_error, model);
  }
  return compose(reading, "The service ended the session (" + std::to_string(info.code) + ")",
                 info.reason, model);
}

Verdict judge(const ServerError& error, std::string_view model) {
  auto reading = by_words(error.message);
  if (!reading) reading = by_words(error.status);
  return compose(reading.value_or(by_http_status(static_cast<int>(error.code))),
                 "The service reported error " + std::to_string(error.code), error.message, model);
}

}  // namespace gv::live
