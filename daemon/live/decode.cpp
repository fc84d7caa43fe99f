#include "daemon/live/decode.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace gv::live {

namespace json = boost::json;

namespace {

// It is kept in memory and on disk; the known ones have some hundred bytes.
constexpr std::size_t max_handle = 16UL * 1024;
// They are shown to the user, and go to programs.
constexpr std::size_t max_arguments = 64UL * 1024;
constexpr std::size_t max_name = 128;
constexpr std::size_t max_call_id = 4096;
constexpr std::size_t max_calls = 128;
constexpr std::size_t max_address = 2048;
constexpr std::size_t deepest = 100;

}  // namespace

unsigned parse_pcm_rate(std::string_view mime_type) {
  constexpr std::string_view kind = "audio/pcm";
  constexpr std::string_view key = "rate=";
  if (mime_type.empty()) return 24000;
  if (!mime_type.starts_with(kind)) return 0;
  const auto at = mime_type.find(key);
  if (at == std::string_view::npos) return 24000;
  const auto digits = mime_type.substr(at + key.size());
  unsigned rate = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), rate);
  return ec == std::errc{} ? rate : 0;
}

std::chrono::milliseconds parse_duration(std::string_view text) {
  double seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = ec == std::errc{} && std::string_view(end, text.data() + text.size()) == "s";
  if (!whole || !(seconds >= 0) || seconds > 1e6) return std::chrono::milliseconds{0};
  return std::chrono::milliseconds{std::llround(seconds * 1000)};
}

void Decoder::complain(std::string_view key, std::string_view expected) {
  if (!error_.empty()) return;
  error_.append("'").append(key).append("' is not ").append(expected);
}

const json::object* Decoder::object(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  const auto* result = value->if_object();
  if (result == nullptr) complain(key, "an object");
  return result;
}

std::string_view Decoder::text(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  const auto* result = value->if_string();
  if (result == nullptr) {
    complain(key, "a string");
    return {};
  }
  return {result->data(), result->size()};
}

std::string_view Decoder::word(const json::object& parent, std::string_view key) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  const auto result = text(parent, key);
  if (result.size() <= 64 && result.find_first_not_of(allowed) == result.npos) return result;
  complain(key, "the name of a value");
  return {};
}

bool Decoder::flag(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return false;
  const auto* result = value->if_bool();
  if (result == nullptr) complain(key, "a boolean");
  return result != nullptr && *result;
}

std::uint64_t Decoder::count(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return 0;
  if (const auto* number = value->if_int64(); number != nullptr && *number >= 0) {
    return static_cast<std::uint64_t>(*number);
  }
  if (const auto* number = value->if_uint64(); number != nullptr) return *number;
  complain(key, "a count");
  return 0;
}

const json::array* Decoder::list(const json::object& parent, std::string_view key) {
  const auto* value = parent.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  const auto* result = value->if_array();
  if (result == nullptr) complain(key, "a list");
  return result;
}

void Decoder::read_parts(const json::object& turn) {
  const auto* parts = list(turn, "parts");
  if (parts == nullptr) return;
  for (const auto& part : *parts) {
    const auto* fields = part.if_object();
    if (fields == nullptr) {
      complain("parts", "a list of objects");
      continue;
    }
    // A text part of an audio model is a thought or a stray call, never spoken (section 3.4).
    const auto* blob = object(*fields, "inlineData");
    if (blob == nullptr) continue;
    const auto rate = parse_pcm_rate(text(*blob, "mimeType"));
    if (rate == 0) {
      complain("mimeType", "audio/pcm");
      continue;
    }
    if (const auto data = text(*blob, "data"); !data.empty()) {
      events_.emplace_back(AudioPart{data, rate});
    }
  }
}

// The pages alone: what the service would have shown beside them is a web page of its own.
void Decoder::read_grounding(const json::object& grounding) {
  const auto* chunks = list(grounding, "groundingChunks");
  if (chunks == nullptr) return;
  for (const auto& chunk : *chunks) {
    const auto* fields = chunk.if_object();
    const auto* page = fields != nullptr ? object(*fields, "web") : nullptr;
    if (page == nullptr) continue;
    const auto address = text(*page, "uri");
    if (address.empty() || address.size() > max_address) continue;
    const auto title = text(*page, "title");
    events_.emplace_back(Grounding{address, title.empty() ? text(*page, "domain") : title});
  }
}

void Decoder::read_calls(const json::object& calls) {
  const auto* functions = list(calls, "functionCalls");
  if (functions == nullptr) return;
  std::size_t read = 0;
  for (const auto& function : *functions) {
    const auto* fields = function.if_object();
    if (fields == nullptr) {
      complain("functionCalls", "a list of objects");
      continue;
    }
    const auto id = text(*fields, "id");
    if (id.size() > max_call_id || ++read > max_calls) {
      complain("functionCalls", "a short list of calls with short ids");
      continue;
    }
    // One that is too long is nobody's: the call is answered all the same.
    const auto name = text(*fields, "name").substr(0, max_name);
    ToolCall call{id, name, {}};
    const auto* arguments = fields->if_contains("args");
    if (arguments == nullptr || arguments->is_null()) {
      call.arguments = "{}";
    } else if (arguments->is_object()) {
      call.arguments = json::serialize(*arguments);
      if (call.arguments.size() > max_arguments) call.arguments.clear();
    }
    if (call.arguments.empty()) complain("args", "an object of at most 64 KiB");
    events_.emplace_back(std::move(call));
  }
}

void Decoder::read_cancelled(const json::object& cancellation) {
  const auto* ids = list(cancellation, "ids");
  if (ids == nullptr) return;
  for (const auto& id : *ids) {
    if (const auto* name = id.if_string()) {
      events_.emplace_back(ToolCallCancelled{{name->data(), name->size()}});
    } else {
      complain("ids", "a list of strings");
    }
  }
}

void Decoder::read_content(const json::object& content) {
  if (flag(content, "interrupted")) events_.emplace_back(Interrupted{});
  if (const auto* turn = object(content, "modelTurn")) read_parts(*turn);
  if (const auto* heard = object(content, "inputTranscription")) {
    if (const auto words = text(*heard, "text"); !words.empty()) {
      events_.emplace_back(InputTranscription{words});
    }
  }
  if (const auto* said = object(content, "outputTranscription")) {
    if (const auto words = text(*said, "text"); !words.empty()) {
      events_.emplace_back(OutputTranscription{words});
    }
  }
  if (const auto* grounding = object(content, "groundingMetadata")) read_grounding(*grounding);
  if (flag(content, "generationComplete")) events_.emplace_back(GenerationComplete{});
  if (flag(content, "turnComplete")) {
    events_.emplace_back(TurnComplete{word(content, "turnCompleteReason"),
                                      text(content, "interactionStatus") == "IN_PROGRESS"});
  }
}

void Decoder::read(const json::object& message) {
  if (message.if_contains("setupComplete") != nullptr) events_.emplace_back(SetupComplete{});
  if (const auto* content = object(message, "serverContent")) read_content(*content);
  if (const auto* usage = object(message, "usageMetadata")) read_usage(*usage);
  if (const auto* calls = object(message, "toolCall")) read_calls(*calls);
  if (const auto* cancelled = object(message, "toolCallCancellation")) read_cancelled(*cancelled);
  if (const auto* notice = object(message, "goAway")) {
    events_.emplace_back(GoAway{parse_duration(text(*notice, "timeLeft"))});
  }
  if (const auto* update = object(message, "sessionResumptionUpdate")) {
    auto handle = text(*update, "newHandle");
    if (handle.size() > max_handle) {
      complain("newHandle", "a handle of at most 16 KiB");
      handle = {};
    }
    events_.emplace_back(ResumptionUpdate{handle, flag(*update, "resumable")});
  }
  const auto* error = object(message, "error");
  if (error == nullptr && message.if_contains("code") != nullptr) error = &message;
  if (error != nullptr) {
    events_.emplace_back(ServerError{static_cast<std::int64_t>(count(*error, "code")),
                                     text(*error, "message"), text(*error, "status")});
  }
}

const Events& Decoder::decode(std::string_view message) {
  events_.clear();
  error_.clear();
  root_.reset();
  // One monotonic memory resource a message, owned by the value; its first block is ours.
  auto memory = json::make_shared_resource<json::monotonic_resource>(first_buffer_.data(),
                                                                     first_buffer_.size());
  json::error_code ec;
  json::parse_options options;
  options.max_depth = deepest;  // arguments of calls are nested as the tool's schema says
  root_.emplace(json::parse(message, ec, std::move(memory), options));
  if (ec) {
    error_ = "not JSON (" + ec.message() + ")";
    return events_;
  }
  const auto* fields = root_->if_object();
  if (fields == nullptr) {
    error_ = "not a JSON object";
    return events_;
  }
  read(*fields);
  return events_;
}

}  // namespace gv::live
