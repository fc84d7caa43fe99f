#include "ctl/gnome_keys.hpp"

#include <algorithm>

namespace gv::ctl::gnome {
namespace {

constexpr std::string_view folder =
    "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings/";

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n'))
    text.remove_prefix(1);
}

// Takes a string from the beginning of the text.
std::optional<std::string> take_string(std::string_view& text) {
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return std::nullopt;
  const char quote = text[0];
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    // Of the other escapes none is in what people bind; what is not understood is left alone.
    if (++i >= text.size() || (text[i] != '\\' && text[i] != '\'' && text[i] != '"')) break;
    value += text[i];
  }
  return std::nullopt;
}

// The lowest number that the settings themselves would take next.
std::string free_path(const std::vector<std::string>& list) {
  for (std::size_t number = 0;; ++number) {
    std::string path = std::string(folder) + "custom" + std::to_string(number) + '/';
    if (std::ranges::find(list, path) == list.end()) return path;
  }
}

}  // namespace

std::string item_schema(const std::string& path) {
  return std::string(list_schema) + ".custom-keybinding:" + path;
}

std::optional<std::string> parse_string(std::string_view text) {
  skip_blanks(text);
  auto value = take_string(text);
  skip_blanks(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<std::vector<std::string>> parse_list(std::string_view text) {
  constexpr std::string_view typed = "@as ";  // before an empty one
  skip_blanks(text);
  if (text.starts_with(typed)) text.remove_prefix(typed.size());
  if (!text.starts_with('[')) return std::nullopt;
  text.remove_prefix(1);
  std::vector<std::string> items;
  for (skip_blanks(text); !text.starts_with(']'); skip_blanks(text)) {
    if (!items.empty()) {
      if (!text.starts_with(',')) return std::nullopt;
      text.remove_prefix(1);
      skip_blanks(text);
    }
    auto item = take_string(text);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  text.remove_prefix(1);
  skip_blanks(text);
  if (!text.empty()) return std::nullopt;
  return items;
}

std::string own_binding(std::string_view text, const Key& key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(std::min(line.find(' '), line.size()));  // the schema
    skip_blanks(line);
    const std::string_view name = line.substr(0, line.find(' '));
    line.remove_prefix(name.size());
    if (name == list_key) continue;
    for (const std::string& bound : parse_list(line).value_or(std::vector<std::string>{})) {
      if (parse_key(bound) == key) return std::string(name);
    }
  }
  return {};
}

std::string print_string(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '\'';
}

std::string print_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items)
    text += (text.empty() ? "" : ", ") + print_string(item);
  return '[' + text + ']';
}

std::variant<std::vector<Setting>, Taken> plan(const std::vector<std::string>& list,
                                               const std::vector<Shortcut>& shortcuts,
                                               const Recipe& recipe) {
  const Shortcut* ours = nullptr;
  for (const Shortcut& shortcut : shortcuts) {
    if (shortcut.command == recipe.command) {
      if (ours == nullptr) ours = &shortcut;
      if (parse_key(shortcut.binding) == recipe.key) return std::vector<Setting>{};
    } else if (parse_key(shortcut.binding) == recipe.key) {
      return Taken{shortcut};
    }
  }
  const std::string binding = print_string(gtk_accelerator(recipe.key));
  if (ours != nullptr) {
    return std::vector<Setting>{{item_schema(ours->path), "binding", binding}};
  }
  const std::string path = free_path(list);
  const std::string schema = item_schema(path);
  std::vector<std::string> longer = list;
  longer.push_back(path);
  const std::string name =
      recipe.hotkey == Hotkey::talk ? "Gemini voice: talk" : "Gemini voice: start and stop";
  return std::vector<Setting>{{schema, "name", print_string(name)},
                              {schema, "command", print_string(recipe.command)},
                              {schema, "binding", binding},
                              {list_schema, list_key, print_list(longer)}};
}

}  // namespace gv::ctl::gnome
