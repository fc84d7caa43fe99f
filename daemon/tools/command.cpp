#include "daemon/tools/command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "daemon/config/placeholders.hpp"
#include "daemon/config/programs.hpp"
#include "daemon/tools/verbatim.hpp"

namespace gv::tools {

namespace json = boost::json;

namespace {

using config::Piece;

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
  Expansion(const config::CommandTool& tool, const json::object& arguments)
      : arguments_(arguments) {
    const auto& argv = tool.child.argv;
    // Its own options end with the first "--"; what follows is a program, with options once more.
    bool launcher = !argv.empty() && config::is_launcher(argv[0]);
    for (std::size_t i = 0; i < argv.size(); ++i) {
      add(pieces(argv[i]));
      if (argv[i] != "--") continue;
      options_ended_ = options_ended_ || !launcher;
      launcher = launcher && i + 1 < argv.size() && config::is_launcher(argv[i + 1]);
    }
    for (const Piece& piece : pieces(tool.input)) {
      const auto* value = piece.parameter ? given(arguments_, piece.text) : nullptr;
      result_.input += !piece.parameter ? piece.text : value == nullptr ? "" : written(*value);
    }
  }

  std::variant<Expanded, Refusal> result() && {
    if (!refusal_.empty()) return Refusal{std::move(refusal_)};
    return std::move(result_);
  }

 private:
  std::vector<Piece> pieces(const std::string& text) {
    auto read = config::pieces_of(text);
    if (auto* pieces = std::get_if<std::vector<Piece>>(&read)) return std::move(*pieces);
    refusal_ = "its configuration is at fault: " + std::get<std::string>(read);
    return {};
  }

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
    result_.argv.push_back(std::move(word));
  }

  const json::object& arguments_;
  bool options_ended_ = false;
  Expanded result_;
  std::string refusal_;
};

}  // namespace

std::variant<Expanded, Refusal> expand(const config::CommandTool& tool,
                                       const json::object& arguments) {
  return Expansion(tool, arguments).result();
}

std::string shown(const Expanded& command) {
  auto line = shown_command(command.argv);
  if (command.input.empty()) return line;
  return line + "\nwith this on its standard input:\n" + shown_command({command.input});
}

}  // namespace gv::tools
