#include "tests/sim/validator.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <regex>

#include "tests/sim/schema.hpp"

namespace gv::sim {
namespace {

namespace json = boost::json;

std::string camel_case(std::string_view snake) {
  std::string camel;
  bool upper = false;
  for (const char letter : snake) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    camel +=
        upper && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    upper = false;
  }
  return camel;
}

std::string quoted(const json::value& value) {
  return json::serialize(value);
}

Refusal unknown_name(std::string_view name, const std::string& path) {
  return {1007, "Invalid JSON payload received. Unknown name \"" + std::string(name) + "\"" +
                    (path.empty() ? "" : " at '" + path + "'") + ": Cannot find field."};
}

Refusal invalid_value(const std::string& path, const Field& field, const std::string& what) {
  std::string type;
  switch (field.kind) {
    case Kind::string:
      type = "TYPE_STRING";
      break;
    case Kind::boolean:
      type = "TYPE_BOOL";
      break;
    case Kind::int32:
      type = "TYPE_INT32";
      break;
    case Kind::int64:
      type = "TYPE_INT64";
      break;
    case Kind::number:
      type = "TYPE_FLOAT";
      break;
    case Kind::bytes:
      type = "TYPE_BYTES";
      break;
    case Kind::enumeration:
    case Kind::message:
    case Kind::map:
    case Kind::any: {
      const std::string_view proto = field.enumeration ? field.enumeration->proto
                                     : field.message   ? field.message->proto
                                                       : std::string_view("Struct");
      type = "type.googleapis.com/google.ai.generativelanguage.v1beta." + std::string(proto);
      break;
    }
  }
  return {1007, "Invalid value at '" + path + "' (" + type + "), " + what};
}

std::optional<double> integer(const json::value& value) {
  double number = 0;
  if (value.is_int64()) {
    number = static_cast<double>(value.get_int64());
  } else if (value.is_uint64()) {
    number = static_cast<double>(value.get_uint64());
  } else if (value.is_double()) {
    number = value.get_double();
  } else if (value.is_string()) {
    const json::string& text = value.get_string();
    std::int64_t parsed = 0;
    const char* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, parsed);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    number = static_cast<double>(parsed);
  } else {
    return std::nullopt;
  }
  return std::trunc(number) == number ? std::optional(number) : std::nullopt;
}

class Walker {
 public:
  Walker(std::string_view api_version, std::vector<std::string>& unsupported)
      : api_version_(api_version), unsupported_(unsupported) {}

  std::optional<Refusal> object(const json::object& in, const MessageType& type,
                                const std::string& path, json::object& out) {
    for (const auto& member : in) {
      const Field* const field = find(type, member.key());
      if (!field) return unknown_name(member.key(), path);
      const std::string below =
          path.empty() ? std::string(field->name) : path + "." + std::string(field->name);
      if (member.value().is_null()) continue;
      if (out.contains(field->name)) {
        return invalid_value(below, *field, "field given twice");
      }
      if (field->support == Support::unsupported_in_live) unsupported_.push_back(below);
      json::value normal;
      if (auto refusal = member_value(member.value(), *field, below, normal)) return refusal;
      out[field->name] = std::move(normal);
    }
    for (const Field& field : type.fields) {
      if (!field.required || out.contains(field.name)) continue;
      return invalid_value((path.empty() ? "" : path + ".") + std::string(field.name), field,
                           "required field is missing");
    }
    return std::nullopt;
  }

 private:
  const Field* find(const MessageType& type, std::string_view key) const {
    for (const Field& field : type.fields) {
      if (key != field.name && key != camel_case(field.name)) continue;
      const bool hidden = field.support == Support::alpha_only && api_version_ != "v1alpha";
      return hidden ? nullptr : &field;
    }
    return nullptr;
  }

  std::optional<Refusal> member_value(const json::value& in, const Field& field,
                                      const std::string& path, json::value& out) {
    if (!field.repeated) return single(in, field, path, out);
    if (!in.is_array()) return invalid_value(path, field, quoted(in));
    if (field.required && in.get_array().empty()) {
      return invalid_value(path, field, "must not be empty");
    }
    json::array& items = out.emplace_array();
    for (const json::value& item : in.get_array()) {
      const std::string below = path + "[" + std::to_string(items.size()) + "]";
      json::value normal;
      if (auto refusal = single(item, field, below, normal)) return refusal;
      items.push_back(std::move(normal));
    }
    return std::nullopt;
  }

  std::optional<Refusal> single(const json::value& in, const Field& field, const std::string& path,
                                json::value& out) {
    out = in;
    switch (field.kind) {
      case Kind::any:
        return std::nullopt;
      case Kind::boolean:
        if (!in.is_bool()) break;
        return std::nullopt;
      case Kind::string:
        if (!in.is_string()) break;
        if (field.pattern &&
            !std::regex_match(in.get_string().c_str(), std::regex(field.pattern))) {
          break;
        }
        return std::nullopt;
      case Kind::bytes:
        if (!in.is_string() || !base64_decode(in.get_string())) {
          return invalid_value(path, field, "Base64 decoding failed for the value");
        }
        return std::nullopt;
      case Kind::number:
        if (!in.is_number()) break;
        out = in.to_number<double>();
        if (out.get_double() < field.minimum || out.get_double() > field.maximum) break;
        return std::nullopt;
      case Kind::int32:
      case Kind::int64: {
        const std::optional<double> number = integer(in);
        const double limit = field.kind == Kind::int32 ? 2147483648.0 : 9.3e18;
        if (!number || *number < -limit || *number >= limit) break;
        if (*number < field.minimum || *number > field.maximum) break;
        out = static_cast<std::int64_t>(*number);
        return std::nullopt;
      }
      case Kind::enumeration:
        return enumeration(in, field, path, out);
      case Kind::message: {
        if (!in.is_object()) break;
        json::object& normal = out.emplace_object();
        return object(in.get_object(), *field.message, path, normal);
      }
      case Kind::map: {
        if (!in.is_object()) break;
        if (!field.message) return std::nullopt;
        json::object& normal = out.emplace_object();
        for (const auto& member : in.get_object()) {
          const std::string below = path + "[" + std::string(member.key()) + "]";
          if (!member.value().is_object()) {
            return invalid_value(below, field, quoted(member.value()));
          }
          json::object entry;
          if (auto refusal = object(member.value().get_object(), *field.message, below, entry)) {
            return refusal;
          }
          normal[member.key()] = std::move(entry);
        }
        return std::nullopt;
      }
    }
    return invalid_value(path, field, quoted(in));
  }

  static std::optional<Refusal> enumeration(const json::value& in, const Field& field,
                                            const std::string& path, json::value& out) {
    const auto names = field.enumeration->names;
    if (in.is_string()) {
      for (const std::string_view name : names) {
        if (name == std::string_view(in.get_string())) return std::nullopt;
      }
    } else if (const auto number = integer(in);
               number && *number >= 0 && *number < static_cast<double>(names.size())) {
      out = json::string(names[static_cast<std::size_t>(*number)]);
      return std::nullopt;
    }
    return invalid_value(path, field, quoted(in));
  }

  std::string_view api_version_;
  std::vector<std::string>& unsupported_;
};

constexpr std::string_view k_standard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_table() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) {
    entry = -1;
  }
  for (std::size_t i = 0; i < k_standard.size(); ++i) {
    table[static_cast<unsigned char>(k_standard[i])] = static_cast<std::int8_t>(i);
  }
  table['-'] = 62;
  table['_'] = 63;
  return table;
}
constexpr std::array<std::int8_t, 256> k_reverse = reverse_table();

}  // namespace

Refusal invalid_argument() {
  return {1007, "Request contains an invalid argument."};
}

std::string cut_reason(std::string_view reason) {
  constexpr std::size_t k_limit = 123;
  std::size_t size = std::min(reason.size(), k_limit);
  while (size > 0 && size < reason.size() &&
         (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) {
    --size;
  }
  return std::string(reason.substr(0, size));
}

Checked check_fields(const json::object& message, std::string_view api_version) {
  Checked checked;
  Walker walker(api_version, checked.unsupported);
  checked.refusal = walker.object(message, client_message, "", checked.message);
  if (!checked.refusal && checked.message.size() != 1) checked.refusal = invalid_argument();
  return checked;
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::size_t size = text.size();
  while (size > 0 && text.size() - size < 2 && text[size - 1] == '=') {
    --size;
  }
  const std::size_t padding = text.size() - size;
  if (size % 4 == 1 || (padding != 0 && text.size() % 4 != 0)) return std::nullopt;
  std::string bytes;
  bytes.reserve(size * 3 / 4);
  unsigned bits = 0;
  int held = 0;
  for (const char letter : text.substr(0, size)) {
    const int value = k_reverse[static_cast<unsigned char>(letter)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>((bits >> held) & 0xFF);
  }
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t group = std::min<std::size_t>(3, bytes.size() - i);
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = (bits << 8) | (j < group ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= group ? k_standard[(bits >> (18 - 6 * j)) & 63] : '=';
    }
  }
  return text;
}

std::optional<int> pcm_rate(std::string_view mime_type) {
  static const std::regex pattern(R"(audio/pcm(?:;\s*rate=(\d{4,6}))?)");
  std::cmatch match;
  if (!std::regex_match(mime_type.data(), mime_type.data() + mime_type.size(), match, pattern)) {
    return std::nullopt;
  }
  return match[1].matched ? std::stoi(match[1].str()) : 16'000;
}

}  // namespace gv::sim
