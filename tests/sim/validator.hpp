// What the service refuses, with its close codes and words (live-api.md sections 2.8, 6.3 and 10).
// check_fields() compares a client message with the tables of schema.cpp; check_setup_rules() and
// the checks beside it are what the service knows about models, keys and combinations. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace gv::sim {

// How a connection is closed. The service cuts reasons at 123 bytes, the most a close frame holds;
// the reason here is whole, cut_reason() cuts it.
struct Refusal {
  int code = 1000;
  std::string reason;
  bool operator==(const Refusal&) const = default;
};

Refusal invalid_argument();
// At most 123 bytes, never half a UTF-8 sequence.
std::string cut_reason(std::string_view reason);

struct Checked {
  std::optional<Refusal> refusal;
  // The message with every known key in snake_case, null members left out, enum values as names and
  // numbers as numbers.
  boost::json::object message;
  // Paths that parse but that Live does not support; refused after the key and the model.
  std::vector<std::string> unsupported;
};

Checked check_fields(const boost::json::object& message, std::string_view api_version);

enum class Family { live_38, extended_thinking, live_31, native_25, translate, transcribe, other };
Family family(std::string_view model);  // "models/<id>" or "<id>"

// The models of live-api.md section 6.1.
std::span<const std::string_view> default_models();

std::optional<Refusal> check_key(std::string_view key, const std::optional<std::string>& accepted);
std::optional<Refusal> check_model(std::string_view model, std::span<const std::string> models,
                                   std::string_view api_version);
// setup: the normalised setup object of check_fields().
std::optional<Refusal> check_setup_rules(const boost::json::object& setup,
                                         std::string_view api_version);
// content: the normalised client_content. history_open: the initial history is being given.
std::optional<Refusal> check_client_content(const boost::json::object& content, Family model,
                                            bool history_open);
// input: the normalised realtime_input.
std::optional<Refusal> check_realtime_input(const boost::json::object& input, bool manual_activity,
                                            bool activity_open, bool legacy);

// Strict base64, standard or URL-safe alphabet, padding optional; nothing where it is not base64.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

// The rate of "audio/pcm[;rate=N]", 16000 where none is given; nothing for any other type.
std::optional<int> pcm_rate(std::string_view mime_type);

}  // namespace gv::sim
