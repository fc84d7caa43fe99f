#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/live/verdict.hpp"

using gv::Error;
using gv::live::CloseInfo;
using gv::live::judge;
using gv::live::ServerError;

namespace {

CloseInfo closed(std::uint16_t code, std::string reason) {
  CloseInfo info;
  info.stage = CloseInfo::Stage::open;
  info.code = code;
  info.reason = std::move(reason);
  return info;
}

CloseInfo refused(int status, std::string body) {
  CloseInfo info;
  info.stage = CloseInfo::Stage::upgrade;
  info.http_status = status;
  info.http_body = std::move(body);
  return info;
}

}  // namespace

TEST_CASE("every close of live-api.md section 2.8 is told by its right name, in its own words") {
  struct Row {
    int code;
    const char* reason;
    Error error;
  };
  const std::vector<Row> rows{
      {1007, "setup must be the first message and only the first", Error::protocol_error},
      {1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
       Error::protocol_error},
      {1007, "Request contains an invalid argument.", Error::protocol_error},
      {1007, "no matching speaker voice", Error::protocol_error},
      {1007, "API key not valid. Please pass a valid API key.", Error::auth_failed},
      {1007, "User location is not supported for the API use.", Error::auth_failed},
      {1007, "Invalid session handle", Error::protocol_error},
      {1008,
       "models/gemini-2.0-flash-exp is not found for API version v1beta, or is not supported for "
       "bidiGenerateContent. Call L",
       Error::model_unavailable},
      {1008, "BidiGenerateContent session not found", Error::network_unavailable},
      {1008, "BidiGenerateContent session expired", Error::network_unavailable},
      {1008, "Operation is not implemented, or supported, or enabled.", Error::protocol_error},
      {1008, "The operation was aborted.", Error::network_unavailable},
      {1008, "Method doesn't allow unregistered callers (callers without established identity).",
       Error::auth_failed},
      {1008, "Your project has been denied access. Please contact support.", Error::auth_failed},
      {1011, "Internal error encountered.", Error::network_unavailable},
      {1011, "The service is currently unavailable.", Error::network_unavailable},
      {1011, "Deadline expired before operation could complete.", Error::network_unavailable},
      {1011,
       "You exceeded your current quota, please check your plan and billing details. For more "
       "information",
       Error::quota_exceeded},
      {1001, "going away", Error::network_unavailable},
      {1009, "too big", Error::protocol_error},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reason);
    const auto failure =
        judge(closed(static_cast<std::uint16_t>(row.code), row.reason), "m").failure;
    CHECK(failure.error == row.error);
    CHECK(failure.message.find(row.reason) != std::string::npos);
    CHECK(failure.message.find("Try: ") != std::string::npos);
  }
}

TEST_CASE("a clean end is no failure; a vanished connection is the network's") {
  CHECK_FALSE(judge(closed(1000, ""), "m").failure);
  const auto failure = judge(closed(1006, ""), "m").failure;
  CHECK(failure.error == Error::network_unavailable);
  CHECK(failure.message.find("was lost") != std::string::npos);
}

TEST_CASE("HTTP refusals of the upgrade") {
  const std::vector<std::pair<int, Error>> rows{
      {401, Error::auth_failed},         {403, Error::auth_failed},
      {404, Error::model_unavailable},   {429, Error::quota_exceeded},
      {500, Error::network_unavailable}, {503, Error::network_unavailable},
      {400, Error::protocol_error}};
  for (const auto& row : rows) {
    const int status = row.first;
    CAPTURE(status);
    const auto failure = judge(refused(status, ""), "m").failure;
    CHECK(failure.error == row.second);
    CHECK(failure.message.find(std::to_string(status)) != std::string::npos);
  }
  CHECK(judge(refused(404, "Requested entity was not found."), "m").failure.error ==
        Error::model_unavailable);
  // The body's words decide where they are clearer, and are shown.
  const auto key =
      judge(refused(400,
                    R"({"error":{"code":400,"message":"API key not valid. \"x\"","status":"I"}})"),
            "m")
          .failure;
  CHECK(key.error == Error::auth_failed);
  CHECK(key.message.find("API key not valid. \"x\"") != std::string::npos);
  CHECK(judge(refused(502, "<html>\nlong page"), "m").failure.message.find("<html>") !=
        std::string::npos);
}

TEST_CASE("what the service says is made fit for the bus: valid UTF-8 without control characters") {
  const auto failure = judge(refused(502, "<h1>Server f\xfcr alle\x1b[31m</h1>"), "m").failure;
  CHECK(failure.message.find("f\xef\xbf\xbdr alle [31m") != std::string::npos);
  std::string page(299, 'x');
  page += "\xc3\xbc";
  CHECK(judge(refused(502, page), "m").failure.message.find('\xc3') == std::string::npos);
  CHECK(judge(closed(1008, "x\nMAINPID=1"), "m").failure.message.find('\n') == std::string::npos);
}

TEST_CASE("before the upgrade it is the network, in its own words") {
  CloseInfo info;
  info.local_error = "Connection refused";
  const auto failure = judge(info, "m").failure;
  CHECK(failure.error == Error::network_unavailable);
  CHECK(failure.message.find("Connection refused") != std::string::npos);
}

TEST_CASE("error messages") {
  CHECK(judge(ServerError{429, "slow down", "RESOURCE_EXHAUSTED"}, "m").failure.error ==
        Error::quota_exceeded);
  CHECK(judge(ServerError{401, "who are you", ""}, "m").failure.error == Error::auth_failed);
  CHECK(judge(ServerError{400, "bad", "INVALID_ARGUMENT"}, "m").failure.error ==
        Error::protocol_error);
}

TEST_CASE("a retired model's message names the model and the default") {
  const auto failure =
      judge(closed(1008, "models/gemini-2.0-flash-exp is not found for API version v1beta"),
            "gemini-2.0-flash-exp")
          .failure;
  CHECK(failure.message.find("'gemini-2.0-flash-exp'") != std::string::npos);
  CHECK(failure.message.find("gemini-3.8-live") != std::string::npos);
}
