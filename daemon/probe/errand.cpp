#include "daemon/probe/errand.hpp"

#include <stdexcept>

#include <boost/json.hpp>

namespace gv::probe {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

bool converses(const json::object& model) {
  const json::value* methods = model.if_contains("supportedGenerationMethods");
  if (methods == nullptr || !methods->is_array()) return false;
  for (const json::value& method : methods->get_array()) {
    if (method == "bidiGenerateContent") return true;
  }
  return false;
}

}  // namespace

Errand read_errand(std::string_view text) {
  std::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) {
    throw std::runtime_error("standard input is no JSON object; gemini-voicectl doctor writes it");
  }
  const json::object& object = value.get_object();
  Errand errand;
  errand.version = text_of(object, "version");
  errand.endpoint = live::make_endpoint(text_of(object, "endpoint"), errand.version);
  errand.ca_file = text_of(object, "ca_file");
  errand.key = text_of(object, "key");
  return errand;
}

std::string listing_url(const Errand& errand) {
  const live::Endpoint& endpoint = errand.endpoint;
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  std::string url = endpoint.tls ? "https://" : "http://";
  url += v6 ? "[" + endpoint.host + "]" : endpoint.host;
  return url + ":" + endpoint.port + "/" + errand.version + "/models?pageSize=1000";
}

std::optional<std::vector<std::string>> read_listing(std::string_view body) {
  std::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  const json::value* models = value.get_object().if_contains("models");
  if (models == nullptr || !models->is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const json::value& model : models->get_array()) {
    if (!model.is_object() || !converses(model.get_object())) continue;
    std::string name = text_of(model.get_object(), "name");
    if (name.starts_with("models/")) name.erase(0, 7);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace gv::probe
