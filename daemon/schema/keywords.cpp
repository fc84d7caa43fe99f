#include "daemon/schema/keywords.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "daemon/schema/arguments.hpp"
#include "daemon/util/text.hpp"
#include "daemon/util/words.hpp"

namespace gv::schema {
namespace {

namespace json = boost::json;

constexpr std::size_t most_faults = 16;
constexpr std::size_t longest_name = 63;      // of a parameter, in the strict dialect
constexpr std::size_t longest_pattern = 500;  // bytes
constexpr std::string_view numeric = "number and integer";

const std::vector<std::string> types{"string", "number", "integer", "boolean",
                                     "array",  "object", "null"};

// RFC 6901.
std::string below(const std::string& at, std::string_view name) {
  std::string path = at + "/";
  for (const char c : name) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
  return path;
}

bool is_parameter_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && name.size() <= longest_name && letter(name[0]) &&
         std::ranges::all_of(
             name, [letter](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// The bounds, before anything is made of it.
class Size {
 public:
  // What is wrong, or empty.
  std::string_view measure(const json::value& value, std::size_t depth = 0) {
    if (++values_ > most_values) return "describes too much: more than 2048 values";
    if (value.is_string()) return text(value.get_string());
    if (value.is_double() && !std::isfinite(value.get_double())) return "a number is too large";
    if (!value.is_structured()) return "";
    if (depth == deepest) return "nested too deeply";
    std::string_view wrong;
    if (value.is_array()) {
      for (const auto& item : value.get_array()) {
        if (wrong = measure(item, depth + 1); !wrong.empty()) return wrong;
      }
      return "";
    }
    for (const auto& member : value.get_object()) {
      if (wrong = text(member.key()); !wrong.empty()) return wrong;
      if (wrong = measure(member.value(), depth + 1); !wrong.empty()) return wrong;
    }
    return "";
  }

 private:
  std::string_view text(std::string_view words) {
    bytes_ += words.size();
    if (bytes_ > largest) return "longer than 32 KiB";
    return find_invalid_utf8(words) == words.npos ? "" : "holds text that is not valid UTF-8";
  }

  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

class Checker {
 public:
  explicit Checker(Dialect dialect) : dialect_(dialect), arguments_(dialect) {}

  std::vector<Fault> run(const json::value& root) {
    const auto* const object = root.if_object();
    const auto* const type = object ? object->if_contains("type") : nullptr;
    if (const auto wrong = Size().measure(root); !wrong.empty()) {
      add("", std::string(wrong));
    } else if (json::serialize(root).size() > largest) {
      add("", "longer than 32 KiB");
    } else if (!type || !type->is_string() || type->get_string() != "object") {
      add(type ? "/type" : "", "the whole must have the type object: it describes the arguments");
    } else {
      schema(root, "");
    }
    return std::move(faults_);
  }

 private:
  struct Keyword {
    std::string_view name;
    std::string_view types;  // that it is for; empty: any
    void (Checker::*check)(const json::value&, const std::string&);
  };
  static const std::array<Keyword, 21> keywords;

  bool strict() const { return dialect_ == Dialect::strict; }

  void add(const std::string& at, std::string message, bool of_name = false) {
    if (faults_.size() < most_faults) faults_.push_back({at, std::move(message), of_name});
  }

  void schema(const json::value& value, const std::string& at) {
    if (!value.is_object()) {
      if (strict()) add(at, "must hold keys of its own, e.g. type and description");
      return;
    }
    const auto& object = value.get_object();
    const std::size_t before = faults_.size();
    for (const auto& member : object) {
      if (faults_.size() < most_faults) keyword(member.key(), member.value(), object, at);
    }
    if (!strict() || faults_.size() > before) return;
    if (!object.contains("type")) {
      return add(at, "has no type; write type: string, number, integer, boolean, array or object");
    }
    ordered(object, "minimum", "maximum", at);
    ordered(object, "minLength", "maxLength", at);
    ordered(object, "minItems", "maxItems", at);
    described(object, at);
    if (const auto* const choices = object.if_contains("enum")) {
      json::object others = object;
      others.erase("enum");
      fit_all(choices->get_array(), others, at + "/enum");
    }
    if (const auto* const examples = object.if_contains("examples")) {
      fit_all(examples->get_array(), object, at + "/examples");
    }
    for (const char* name : {"const", "default"}) {
      if (const auto* const one = object.if_contains(name)) fit(*one, object, below(at, name));
    }
  }

  void keyword(std::string_view name, const json::value& value, const json::object& object,
               const std::string& at) {
    const auto* const known = std::ranges::find(keywords, name, &Keyword::name);
    if (known != keywords.end()) {
      if (strict() && !goes_with(*known, object)) {
        return add(below(at, name),
                   "does not go with this type; it is for " + std::string(known->types), true);
      }
      return (this->*known->check)(value, below(at, name));
    }
    if (!strict()) return;
    std::vector<std::string> names;
    names.reserve(keywords.size());
    for (const auto& entry : keywords)
      names.emplace_back(entry.name);
    add(below(at, name), "unknown key" + did_you_mean(name, names), true);
  }

  // Types that are themselves wrong are told elsewhere.
  static bool goes_with(const Keyword& keyword, const json::object& object) {
    const auto* const type = object.if_contains("type");
    if (keyword.types.empty() || !type || !type->is_string()) return true;
    const std::string_view name = type->get_string();
    return std::ranges::find(types, name) == types.end() || keyword.types.find(name) != name.npos;
  }

  void type(const json::value& value, const std::string& at) {
    const auto one = [this](const json::value& entry, const std::string& place) {
      if (!entry.is_string()) return add(place, "must be the name of a type");
      const std::string_view name = entry.get_string();
      if (std::ranges::find(types, name) == types.end()) {
        add(place,
            in_quotes(name) + " is no type; write " + one_of(types) + did_you_mean(name, types));
      }
    };
    if (strict() || !value.is_array()) return one(value, at);
    if (value.get_array().empty()) add(at, "names no type");
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      one(value.get_array()[i], below(at, std::to_string(i)));
  }

  void text(const json::value& value, const std::string& at) {
    if (!value.is_string()) add(at, "must be a text");
  }

  void anything(const json::value& /*value*/, const std::string& /*at*/) {}

  void list(const json::value& value, const std::string& at) {
    if (!value.is_array()) add(at, "must be a list");
  }

  void choices(const json::value& value, const std::string& at) {
    if (!value.is_array() || value.get_array().empty()) {
      return add(at, "must be a list of the values to choose from");
    }
    if (value.get_array().size() > most_choices) add(at, "has more than 256 values");
  }

  void properties(const json::value& value, const std::string& at) {
    if (!value.is_object()) return add(at, "must hold the names of what it describes");
    for (const auto& member : value.get_object()) {
      const std::string here = below(at, member.key());
      if (strict() && !is_parameter_name(member.key())) {
        add(here,
            in_quotes(member.key()) +
                " is not a usable name: a letter or _, then letters, digits, _ and -, at most 63",
            true);
      } else {
        schema(member.value(), here);
      }
    }
  }

  void required(const json::value& value, const std::string& at) {
    if (!value.is_array()) return add(at, "must be a list of names");
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      if (!value.get_array()[i].is_string()) add(below(at, std::to_string(i)), "must be a name");
    }
  }

  // What is required must be there to be given.
  void described(const json::object& object, const std::string& at) {
    const auto* const required = object.if_contains("required");
    if (!required) return;
    std::vector<std::string> names;
    if (const auto* const properties = object.if_contains("properties")) {
      for (const auto& member : properties->get_object())
        names.emplace_back(member.key());
    }
    for (std::size_t i = 0; i < required->get_array().size() && faults_.size() < most_faults; ++i) {
      const std::string_view name = required->get_array()[i].get_string();
      if (std::ranges::find(names, name) != names.end()) continue;
      add(at + "/required/" + std::to_string(i),
          "there is no " + in_quotes(name) + " among the properties" + did_you_mean(name, names));
    }
  }

  void items(const json::value& value, const std::string& at) { schema(value, at); }

  void additional(const json::value& value, const std::string& at) {
    if (strict() ? !value.is_bool() : !value.is_bool() && !value.is_object()) {
      add(at, "must be true or false");
    }
  }

  void count(const json::value& value, const std::string& at) {
    if (!has_type(value, "integer") ||
        (value.is_double() ? value.get_double() < 0 : value.is_int64() && value.get_int64() < 0)) {
      add(at, "must be a whole number, not below 0");
    }
  }

  void number(const json::value& value, const std::string& at) {
    if (!value.is_number()) add(at, "must be a number");
  }

  void pattern(const json::value& value, const std::string& at) {
    if (!value.is_string()) return add(at, "must be a regular expression, as a text");
    if (!strict()) return;
    const std::string_view words = value.get_string();
    if (words.size() > longest_pattern) return add(at, "is longer than 500 bytes");
    const auto& compiled = arguments_.pattern(words);
    if (!compiled.ok()) {
      add(at, "is not a regular expression of RE2 (no look-ahead, no back-references): " +
                  printable(compiled.error(), 100));
    }
  }

  void ordered(const json::object& object, const char* low, const char* high,
               const std::string& at) {
    const auto* const least = object.if_contains(low);
    const auto* const most = object.if_contains(high);
    if (!least || !most) return;
    const json::object limit{{"type", "number"}, {"maximum", *most}};
    if (!arguments_.misfits(*least, limit, "").empty()) {
      add(below(at, low), std::string("is above ") + high);
    }
  }

  void fit_all(const json::array& values, const json::object& object, const std::string& at) {
    for (std::size_t i = 0; i < values.size() && faults_.size() < most_faults; ++i)
      fit(values[i], object, below(at, std::to_string(i)));
  }

  void fit(const json::value& value, const json::object& object, const std::string& at) {
    const auto wrong = arguments_.misfits(value, object, "it");
    if (!wrong.empty()) add(at, "does not fit what is described here; " + wrong.front());
  }

  Dialect dialect_;
  Arguments arguments_;
  std::vector<Fault> faults_;
};

const std::array<Checker::Keyword, 21> Checker::keywords{{
    {"type", "", &Checker::type},
    {"description", "", &Checker::text},
    {"title", "", &Checker::text},
    {"default", "", &Checker::anything},
    {"examples", "", &Checker::list},
    {"enum", "", &Checker::choices},
    {"const", "", &Checker::anything},
    {"properties", "object", &Checker::properties},
    {"required", "object", &Checker::required},
    {"additionalProperties", "object", &Checker::additional},
    {"items", "array", &Checker::items},
    {"minItems", "array", &Checker::count},
    {"maxItems", "array", &Checker::count},
    {"minLength", "string", &Checker::count},
    {"maxLength", "string", &Checker::count},
    {"pattern", "string", &Checker::pattern},
    {"format", "string", &Checker::text},
    {"minimum", numeric, &Checker::number},
    {"maximum", numeric, &Checker::number},
    {"exclusiveMinimum", numeric, &Checker::number},
    {"exclusiveMaximum", numeric, &Checker::number},
}};

}  // namespace

std::vector<Fault> faults_of(const json::value& schema, Dialect dialect) {
  return Checker(dialect).run(schema);
}

}  // namespace gv::schema
