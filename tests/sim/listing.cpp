#include "tests/sim/listing.hpp"

#include <algorithm>
#include <regex>

#include <boost/json.hpp>

#include "tests/sim/validator.hpp"

namespace gv::sim {

namespace json = boost::json;

namespace {

HttpAnswer refusal(int status, const char* name, std::string_view message,
                   const char* reason = nullptr) {
  json::object error{{"code", status}, {"message", message}, {"status", name}};
  if (reason != nullptr) {
    error["details"] = json::array{{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                    {"reason", reason},
                                    {"domain", "googleapis.com"}}};
  }
  return {status, json::serialize(json::object{{"error", error}})};
}

json::object model(const std::string& name, const char* method) {
  return {{"name", "models/" + name},
          {"version", "001"},
          {"supportedGenerationMethods", json::array{method, "countTokens"}}};
}

}  // namespace

std::optional<HttpAnswer> list_models(const std::string& resource, std::string_view key,
                                      const Options& options) {
  static const std::regex pattern(R"(/(v1alpha|v1beta|v1)/models(?:\?(?:pageSize=(\d{1,4}))?)?)");
  std::smatch match;
  if (!std::regex_match(resource, match, pattern)) return std::nullopt;
  if (const auto wrong = check_key(key, options.key)) {
    if (key.empty()) return refusal(403, "PERMISSION_DENIED", wrong->reason);
    return refusal(400, "INVALID_ARGUMENT", wrong->reason, "API_KEY_INVALID");
  }
  if (options.listing_quota) {
    return refusal(429, "RESOURCE_EXHAUSTED",
                   "You exceeded your current quota, please check your plan and billing details.");
  }
  const std::size_t page = match[2].matched ? std::stoul(match[2].str()) : 50;
  json::array models;
  for (const std::string& name : options.models)
    models.push_back(model(name, "bidiGenerateContent"));
  models.push_back(model("gemini-3.8-flash", "generateContent"));
  json::object listed;
  if (models.size() > page) {
    models.resize(page);
    listed["nextPageToken"] = "page-2";
  }
  listed["models"] = std::move(models);
  return HttpAnswer{200, json::serialize(listed)};
}

}  // namespace gv::sim
