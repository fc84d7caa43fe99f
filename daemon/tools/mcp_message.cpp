#include "daemon/tools/mcp_message.hpp"

#include <utility>

#include "daemon/util/text.hpp"

namespace gv::tools::mcp {

namespace json = boost::json;

namespace {

constexpr std::size_t most_messages = 64;  // of a batch
constexpr std::size_t deepest = 64;
// A value takes some twenty times the memory of the byte that it is made of.
constexpr std::size_t most_values = 100'000;
constexpr std::size_t longest_method = 128;
constexpr std::size_t longest_id = 256;
constexpr std::size_t longest_error = 500;

Message unfit(std::string why) {
  return {.kind = Message::Kind::unfit, .method = std::move(why)};
}

// What separates values, outside of strings.
bool too_many_values(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ',' || c == '[' || c == '{') ++count;
    if (c != '"') continue;
    for (i = line.find_first_of("\"\\", i + 1); i != line.npos && line[i] == '\\';
         i = line.find_first_of("\"\\", i + 2)) {
    }
    if (i == line.npos) return false;  // no JSON: the parser says so
  }
  return count > most_values;
}

bool is_id(const json::value& id) {
  return id.is_number() || (id.is_string() && id.get_string().size() <= longest_id);
}

RpcError error_of(const json::value& value) {
  RpcError error{.code = 0, .message = "an error without words"};
  const auto* fields = value.if_object();
  if (fields == nullptr) return error;
  if (const auto* code = fields->if_contains("code"); code != nullptr && code->is_int64()) {
    error.code = code->get_int64();
  }
  if (const auto* words = fields->if_contains("message"); words != nullptr && words->is_string()) {
    const auto& text = words->get_string();
    error.message = printable({text.data(), text.size()}, longest_error);
  }
  return error;
}

Message call(json::object& fields, const json::value& method) {
  const auto* name = method.if_string();
  if (name == nullptr || name->size() > longest_method) return unfit("its method is no name");
  Message message{.method = printable({name->data(), name->size()}, longest_method)};
  if (auto* params = fields.if_contains("params"); params != nullptr && params->is_object()) {
    message.body = std::move(params->get_object());
  }
  const auto* id = fields.if_contains("id");
  message.kind = id == nullptr ? Message::Kind::notification : Message::Kind::request;
  if (id == nullptr) return message;
  if (!is_id(*id)) return unfit("the id of its request is neither a number nor a short string");
  message.id = *id;
  return message;
}

Message read(json::value& value) {
  auto* fields = value.if_object();
  if (fields == nullptr) return unfit("it is no JSON object");
  if (const auto* method = fields->if_contains("method")) return call(*fields, *method);
  const auto* id = fields->if_contains("id");
  if (id == nullptr || !id->is_int64()) return unfit("it answers no request of ours");
  Message message{.kind = Message::Kind::response, .answers = id->get_int64()};
  if (const auto* error = fields->if_contains("error"); error != nullptr && !error->is_null()) {
    message.error = error_of(*error);
  } else if (auto* result = fields->if_contains("result");
             result != nullptr && result->is_object()) {
    message.body = std::move(result->get_object());
  } else {
    message.error = RpcError{.code = 0, .message = "an answer without a result"};
  }
  return message;
}

std::string line_of(json::object message) {
  message["jsonrpc"] = "2.0";
  return json::serialize(message) + "\n";
}

}  // namespace

bool LineReader::feed(std::string_view bytes, const std::function<bool(std::string_view)>& line) {
  for (;;) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    if (begun_.size() + piece.size() > longest_) return false;
    if (end == bytes.npos) {
      begun_ += piece;
      return true;
    }
    bytes.remove_prefix(end + 1);
    std::string joined = std::exchange(begun_, {});
    if (!joined.empty()) joined += piece;
    std::string_view text = joined.empty() ? piece : std::string_view(joined);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!text.empty() && !line(text)) return false;
  }
}

std::vector<Message> parse_line(std::string_view line) {
  if (too_many_values(line)) return {unfit("it holds more values than any answer")};
  std::error_code error;
  json::parse_options options;
  options.max_depth = deepest;
  auto value = json::parse({line.data(), line.size()}, error, {}, options);
  if (error) return {unfit("it is no JSON")};
  auto* batch = value.if_array();
  if (batch == nullptr) return {read(value)};
  if (batch->empty() || batch->size() > most_messages) {
    return {unfit("it is a batch of none, or of too many messages")};
  }
  std::vector<Message> messages;
  for (auto& member : *batch)
    messages.push_back(read(member));
  return messages;
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::string request(std::int64_t id, std::string_view method, json::object params) {
  return line_of({{"id", id}, {"method", method}, {"params", std::move(params)}});
}

std::string notification(std::string_view method, json::object params) {
  return line_of({{"method", method}, {"params", std::move(params)}});
}

std::string answer_to(const json::value& id, json::object result) {
  return line_of({{"id", id}, {"result", std::move(result)}});
}

std::string refusal_of(const json::value& id, std::int64_t code, std::string_view message) {
  return line_of({{"id", id}, {"error", {{"code", code}, {"message", message}}}});
}

}  // namespace gv::tools::mcp
