#include "daemon/config/dump.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/keys.hpp"

namespace gv::config {
namespace {

constexpr std::string_view header =
    "# The configuration in force. The API key is never part of it: it comes from the first of\n"
    "# the systemd credential gemini-api-key, $GEMINI_API_KEY, $GOOGLE_API_KEY, api.key_file,\n"
    "# api.key_command and the keyring (api.keyring).\n";

std::string value(const Input& input) {
  if (!input.list) return as_scalar(input.items.empty() ? "" : input.items.front());
  std::string list = "[";
  for (const std::string& item : input.items) {
    if (list.size() > 1) list += ", ";
    list += as_scalar(item);
  }
  return list + "]";
}

// Keys with their values, as they will be written.
using Lines = std::vector<std::pair<std::string, std::string>>;

std::string_view top(std::string_view path) {
  return path.substr(0, path.find('.'));
}

// What stands below one top-level key comes together, where the first of it is.
void gather(Lines& lines) {
  std::map<std::string, std::size_t, std::less<>> order;
  for (const auto& [path, text] : lines)
    order.emplace(top(path), order.size());
  std::ranges::stable_sort(
      lines, {}, [&order](const auto& line) { return order.find(top(line.first))->second; });
}

// Writes "a.b.c" as nested maps; keys of one map must come one after the other.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void put(std::string_view path, const std::string& text) {
    std::vector<std::string_view> parts;
    for (std::size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
      parts.push_back(path.substr(0, dot));
      path.remove_prefix(dot + 1);
    }
    std::size_t same = 0;
    while (same < std::min(parts.size(), open_.size()) && parts[same] == open_[same])
      ++same;
    open_.resize(same);
    for (; same < parts.size(); ++same) {
      out_ += std::string(2 * same, ' ') + as_scalar(parts[same]) + ":\n";
      open_.emplace_back(parts[same]);
    }
    out_ += std::string(2 * same, ' ') + std::string(path) + ": " + text + "\n";
  }

 private:
  std::string& out_;
  std::vector<std::string> open_;
};

}  // namespace

std::string as_scalar(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/' || c == '~';
  };
  const bool starts_well = !text.empty() && plain(text[0]) && text[0] != '-' && text != "~" &&
                           text != "null" && text != "Null" && text != "NULL";
  if (starts_well && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string dump(const Config& config) {
  Lines lines;
  for (const auto& key : config_keys())
    lines.emplace_back(key.path, value(key.get(config)));
  const auto add_table = [&lines](const std::string& path, const auto& keys, const auto& table) {
    for (const auto& [name, entry] : table) {
      for (const auto& key : keys) {
        const Input input = key.get(entry);
        // JSON is YAML.
        lines.emplace_back(path + name + "." + key.path,
                           key.schema ? input.items.front() : value(input));
      }
    }
  };
  add_table("usage.prices.", price_keys(), config.usage.prices);
  add_table("tools.commands.", command_keys(), config.tools.commands);
  add_table("tools.mcp_servers.", server_keys(), config.tools.mcp_servers);
  add_table("profiles.", profile_keys(), config.profiles);
  gather(lines);
  std::string out(header);
  Writer writer(out);
  for (const auto& [path, text] : lines)
    writer.put(path, text);
  return out;
}

}  // namespace gv::config
