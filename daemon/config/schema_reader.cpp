#include "daemon/config/schema_reader.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/json.hpp>

#include "daemon/config/kinds.hpp"
#include "daemon/config/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::config {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_path = 160;  // bytes, of what a message is about

const Element* member(const Element& map, std::string_view name) {
  for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
    if (map.children[i].text == name) return &map.children[i + 1];
  }
  return nullptr;
}

bool is_plain(const Element* element) {
  return element && element->type == Element::Type::scalar;
}

// JSON's numbers, written out as JSON has them: neither 007 nor 0x10 nor .5.
std::optional<json::value> number(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || !digit(digits[0])) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0' && digit(digits[1])) return std::nullopt;
  if (const auto dot = text.find('.');
      dot != text.npos && (dot + 1 == text.size() || !digit(text[dot + 1]))) {
    return std::nullopt;
  }
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [rest, error] = std::from_chars(text.data(), end, whole);
      rest == end && error == std::errc{}) {
    return json::value(whole);
  }
  double real = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, real);
  if (rest != end || error != std::errc{} || !std::isfinite(real)) return std::nullopt;
  return json::value(real);
}

class SchemaReader {
 public:
  SchemaReader(Reader& reader, const Element& root, std::string path)
      : reader_(reader),
        root_(root),
        path_(std::move(path)),
        plain_(is_plain(member(root, "type"))) {}

  void read(schema::Schema& schema) {
    const json::value described = plain_ ? convert(root_, path_) : from_names();
    for (const auto& fault : schema::Schema::check(described, schema::Dialect::strict))
      tell(fault);
    if (reader_.failed(path_)) return;
    auto parsed = schema::Schema::parse(described, schema::Dialect::strict);
    if (auto* const sound = std::get_if<schema::Schema>(&parsed)) schema = std::move(*sound);
  }

 private:
  json::value from_names() {
    json::object properties;
    json::array required;
    reader_.each_pair(root_, path_,
                      [&](const std::string& name, Place place, const Element& value) {
                        const std::string here = dotted(path_, name);
                        reader_.remember(one_line(here, longest_path), {place});
                        json::value one = convert(value, here);
                        if (is_required(value, here, one)) required.emplace_back(name);
                        properties.insert_or_assign(name, std::move(one));
                      });
    json::object all{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) all["required"] = std::move(required);
    return all;
  }

  // Takes a `required: false` out of it; JSON Schema's own is a list.
  bool is_required(const Element& value, const std::string& path, json::value& one) {
    const auto* const given =
        value.type == Element::Type::map ? member(value, "required") : nullptr;
    if (!is_plain(given) || !one.is_object()) return true;
    one.get_object().erase("required");
    bool required = true;
    for (const Problem& problem : boolean().parse({false, {given->text}}, required))
      reader_.add(given->place, dotted(path, "required"), problem.message);
    return required;
  }

  // No deeper than the document.
  json::value convert(const Element& value, const std::string& path) {
    switch (value.type) {
      case Element::Type::null:
        return nullptr;
      case Element::Type::scalar:
        return scalar(value, path);
      case Element::Type::list: {
        json::array list;
        for (const Element& item : value.children)
          list.push_back(convert(item, path));
        return list;
      }
      case Element::Type::map:
        break;
    }
    json::object object;
    reader_.each_pair(value, path,
                      [&](const std::string& name, Place place, const Element& inside) {
                        if (const std::string wrong = check_any(name); !wrong.empty()) {
                          reader_.add(place, path, "the key " + wrong);
                        } else {
                          object.insert_or_assign(
                              name, convert(inside, dotted(path, one_line(name, longest_path))));
                        }
                      });
    return object;
  }

  json::value scalar(const Element& value, const std::string& path) {
    if (holds_api_key(value.text)) {
      reader_.add_literal_key(value.place, one_line(path, longest_path));
    } else if (std::string wrong = check_prose(value.text); !wrong.empty()) {
      reader_.add(value.place, one_line(path, longest_path), std::move(wrong));
    } else if (!value.quoted) {
      if (value.text == "true" || value.text == "false") return value.text == "true";
      if (auto found = number(value.text)) return std::move(*found);
    }
    return json::value(value.text);
  }

  // At the element that the pointer leads to, or as near to it as there is one.
  void tell(const schema::Fault& fault) {
    std::string_view rest = fault.at;
    constexpr std::string_view made = "/properties";
    if (!plain_ && rest.starts_with(made)) rest.remove_prefix(made.size());
    const Element* here = &root_;
    Place place = root_.place;
    std::string path = path_;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const auto end = std::min(rest.find('/'), rest.size());
      const std::string name = unescaped(rest.substr(0, end));
      rest.remove_prefix(end);
      const auto [key_place, value] = step(*here, name);
      if (!value) break;
      if (here->type == Element::Type::map) path = dotted(path, name);
      place = fault.of_name && rest.empty() ? key_place : value->place;
      here = value;
    }
    reader_.add(place, one_line(path, longest_path), fault.message);
  }

  // RFC 6901.
  static std::string unescaped(std::string_view token) {
    std::string name;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (token[i] == '~' && i + 1 < token.size()) {
        name += token[++i] == '1' ? '/' : '~';
      } else {
        name += token[i];
      }
    }
    return name;
  }

  static std::pair<Place, const Element*> step(const Element& from, const std::string& name) {
    if (from.type == Element::Type::map) {
      for (std::size_t i = 0; i + 1 < from.children.size(); i += 2) {
        if (from.children[i].text == name) return {from.children[i].place, &from.children[i + 1]};
      }
    } else if (from.type == Element::Type::list) {
      std::size_t index = 0;
      std::from_chars(name.data(), name.data() + name.size(), index);
      if (index < from.children.size()) {
        return {from.children[index].place, &from.children[index]};
      }
    }
    return {{}, nullptr};
  }

  Reader& reader_;
  const Element& root_;
  std::string path_;
  bool plain_;  // a JSON Schema as it is
};

}  // namespace

void read_schema(Reader& reader, const Element& value, Place key_place, const std::string& path,
                 schema::Schema& schema) {
  if (!reader.expect_map(value, key_place, path)) return;
  reader.remember(path, {value.place});
  SchemaReader(reader, value, path).read(schema);
}

}  // namespace gv::config
