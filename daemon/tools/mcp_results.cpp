#include "daemon/tools/mcp_results.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/live/base64.hpp"
#include "daemon/tools/mcp_message.hpp"
#include "daemon/util/text.hpp"

namespace gv::tools::mcp {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_text = 65'536;  // of one result
constexpr std::size_t largest_picture = 6UL * 1024 * 1024;
constexpr std::size_t most_pictures = 4;
constexpr std::size_t most_parts = 1000;
constexpr std::size_t longest_reason = 300;
constexpr std::array<std::string_view, 4> picture_types{"image/png", "image/jpeg", "image/webp",
                                                        "image/gif"};

const json::object* object_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

// The parts of a result, gathered.
class Gathering {
 public:
  void add(const json::value& value) {
    const auto* part = value.if_object();
    if (part == nullptr) return add_text("[a part that is no object]");
    const auto type = text_of(*part, "type");
    if (type == "text") {
      add_text(text_of(*part, "text"));
    } else if (type == "image") {
      add_picture(*part);
    } else if (type == "audio") {
      add_text("[a sound, which cannot be heard here: " + shown(text_of(*part, "mimeType")) + "]");
    } else if (type == "resource_link") {
      add_text("[a link: " + shown(text_of(*part, "uri")) + " " + shown(text_of(*part, "name")) +
               "]");
    } else if (const auto* resource = object_of(*part, "resource"); resource != nullptr) {
      add_resource(*resource);
    } else {
      add_text("[a part of unknown type " + shown(type) + "]");
    }
  }

  void cut() { cut_ = true; }

  Result result(const json::object* structured, bool is_error) {
    json::object response;
    if (cut_) text_ += "\n[cut here: the answer was longer]";
    if (is_error) {
      response["error"] = text_.empty() ? "the tool failed, without words" : text_;
    } else if (structured == nullptr) {
      response["output"] = text_;
    } else {
      response["output"] = *structured;
      // Servers say the same once more as text, for clients that know no other.
      std::error_code unparsed;
      if (!text_.empty() && json::parse(text_, unparsed) != json::value(*structured)) {
        response["text"] = text_;
      }
    }
    return {.failed = is_error,
            .response = json::serialize(response),
            .pictures = std::move(pictures_)};
  }

 private:
  static std::string shown(std::string_view words) { return printable(words, 1000); }

  void add_text(std::string_view text) {
    if (!text_.empty()) text_ += '\n';
    const auto taken = beginning(text, longest_text - std::min(longest_text, text_.size()));
    text_ += taken;
    if (taken.size() < text.size()) cut_ = true;
  }

  void add_picture(const json::object& part) {
    auto type = std::string(text_of(part, "mimeType"));
    if (type == "image/jpg") type = "image/jpeg";
    if (std::find(picture_types.begin(), picture_types.end(), type) == picture_types.end()) {
      return add_text("[a picture of a type that cannot be shown: " + shown(type) + "]");
    }
    const auto data = text_of(part, "data");
    const auto size = live::max_decoded_size(data.size());
    if (size > largest_picture || pictures_.size() == most_pictures) {
      return add_text("[a picture too large, or one too many, left out]");
    }
    std::vector<std::uint8_t> bytes(size);
    const auto decoded = live::decode_base64(data, bytes);
    if (!decoded || *decoded == 0) return add_text("[a picture whose data is not base64]");
    pictures_.push_back(
        {std::move(type),
         std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*decoded))});
    add_text("[picture " + std::to_string(pictures_.size()) + "]");
  }

  void add_resource(const json::object& resource) {
    add_text("[resource " + shown(text_of(resource, "uri")) + "]");
    if (resource.if_contains("blob") != nullptr) {
      add_text("[its content is binary: " + shown(text_of(resource, "mimeType")) + "]");
    } else {
      add_text(text_of(resource, "text"));
    }
  }

  std::string text_;
  bool cut_ = false;
  std::vector<Picture> pictures_;
};

}  // namespace

Result call_result(const json::object& result) {
  Gathering parts;
  if (const auto* content = result.if_contains("content");
      content != nullptr && content->is_array()) {
    const auto& list = content->get_array();
    for (std::size_t i = 0; i < std::min(most_parts, list.size()); ++i)
      parts.add(list[i]);
    if (list.size() > most_parts) parts.cut();
  }
  const auto* structured = object_of(result, "structuredContent");
  if (structured != nullptr && json::serialize(*structured).size() > longest_text) {
    structured = nullptr;  // what is said in text remains
    parts.cut();
  }
  const auto* error = result.if_contains("isError");
  return parts.result(structured, error != nullptr && error->is_bool() && error->get_bool());
}

void leave_picture_out(Result& result, std::string_view why) {
  auto response = json::parse(result.response).as_object();
  const auto* key = result.failed ? "error" : response.at("output").is_string() ? "output" : "text";
  auto& value = response[key];
  if (!value.is_string()) value.emplace_string();
  auto& text = value.get_string();
  text.append(text.empty() ? "" : "\n");
  text.append("[a picture was left out: " + printable(why, longest_reason) + "]");
  result.response = json::serialize(response);
}

}  // namespace gv::tools::mcp
