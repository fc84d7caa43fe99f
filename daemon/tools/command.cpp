#include "daemon/tools/command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace gv::tools {

namespace json = boost::json;

namespace {

// A piece of an argument: text, or the name of a parameter.
struct Piece {
  bool parameter = false;
  std::string text;
};

std::vector<Piece> pieces(std::string_view argument) {
  std::vector<Piece> result;
  const auto literal = [&result](char c) {
    if (result.empty() || result.back().parameter) result.emplace_back();
    result.back().text += c;
  };
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const char c = argument[i];
    const bool twice = i + 1 < argument.size() && argument[i + 1] == c;
    const std::size_t end = c == '{' && !twice ? argument.find('}', i) : argument.npos;
    if (end != argument.npos) {
      result.push_back({true, std::string(argument.substr(i + 1, end - i - 1))});
      i = end;
      continue;
    }
    literal(c);
    if ((c == '{' || c == '}') && twice) ++i;
  }
  return result;
}

template <class Number>
std::string digits(Number number) {
  std::array<char, 400> text{};  // 1e308 has 309 digits
  char* end = text.data();
  if constexpr (std::is_floating_point_v<Number>) {
    end = std::to_chars(end, end + text.size(), number, std::chars_format::fixed).ptr;
  } else {
    end = std::to_chars(end, end + text.size(), number).ptr;
  }
  return {text.data(), end};
}

std::string written(const json::value& value) {
  switch (value.kind()) {
    case json::kind::string:
      return {value.get_string().data(), value.get_string().size()};
    case json::kind::int64:
      return digits(value.get_int64());
    case json::kind::uint64:
      return digits(value.get_uint64());
    case json::kind::double_:
      return digits(value.get_double());
    case json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case json::kind::null:
    case json::kind::array:
    case json::kind::object:
      break;
  }
  return json::serialize(value);
}

// One that was not given is left out, and null says no more than that.
const json::value* given(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

class Expansion {
 public:
  Expansion(const std::vector<std::string>& templates, const json::object& arguments)
      : arguments_(arguments) {
    for (const std::string& argument : templates) {
      add(pieces(argument));
      if (argument == "--") options_ended_ = true;
    }
  }

  std::variant<std::vector<std::string>, Refusal> result() && {
    if (!refusal_.empty()) return Refusal{std::move(refusal_)};
    return std::move(argv_);
  }

 private:
  void add(const std::vector<Piece>& argument) {
    if (argument.size() == 1 && argument[0].parameter) {
      const auto* value = given(arguments_, argument[0].text);
      if (value == nullptr) return;
      if (const auto* list = value->if_array()) {
        for (const auto& element : *list)
          push(written(element), argument[0].text);
        return;
      }
    }
    std::string word;
    std::string begins_with;  // the parameter whose value its beginning is
    for (const Piece& piece : argument) {
      if (!piece.parameter) {
        word += piece.text;
        continue;
      }
      const auto* value = given(arguments_, piece.text);
      if (value == nullptr) return;
      if (word.empty()) begins_with = piece.text;
      word += written(*value);
    }
    push(std::move(word), begins_with);
  }

  void push(std::string word, const std::string& begins_with) {
    if (word.find('\0') != word.npos) {
      refusal_ = "an argument holds a NUL character, which no command can be given";
    } else if (!begins_with.empty() && word.starts_with('-') && !options_ended_) {
      refusal_ = "the value of \"" + begins_with +
                 "\" begins with '-': the command would take it for an option. Give one that "
                 "begins otherwise";
    }
    argv_.push_back(std::move(word));
  }

  const json::object& arguments_;
  bool options_ended_ = false;
  std::vector<std::string> argv_;
  std::string refusal_;
};

}  // namespace

std::variant<std::vector<std::string>, Refusal> expand(const config::CommandTool& tool,
                                                       const json::object& arguments) {
  return Expansion(tool.child.argv, arguments).result();
}

}  // namespace gv::tools
