#include "daemon/tools/mcp_tools.hpp"

#include <algorithm>
#include <variant>

#include "daemon/tools/mcp_message.hpp"
#include "daemon/util/text.hpp"

namespace gv::tools::mcp {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t longest_suffix = 8;  // of a name that is another's, too
constexpr std::size_t longest_description = 2000;
constexpr std::size_t longest_tool_name = 256;
constexpr std::size_t longest_cursor = 4096;
constexpr std::size_t most_tools = 256;
constexpr std::size_t most_pages = 32;

bool fits(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

std::string fitting_name(std::string_view server, std::string_view tool) {
  std::string name = std::string(server) + "_" + std::string(tool.substr(0, longest_name));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !fits(c); }, '_');
  if (name[0] == '-' || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "_");
  return name.substr(0, longest_name);
}

std::string Names::free(const std::string& name) {
  if (taken_.insert(name).second) return name;
  const auto stem = name.substr(0, longest_name - longest_suffix);
  unsigned& number = numbers_.emplace(stem, 1).first->second;
  std::string free;
  do {
    free = stem + "_" + std::to_string(++number);
  } while (!taken_.insert(free).second);
  return free;
}

ToolPages::ToolPages(std::string server, const config::McpServer& config)
    : server_(std::move(server)), config_(config) {}

std::optional<std::string> ToolPages::add(const json::object& page) {
  const auto* tools = page.if_contains("tools");
  if (tools != nullptr && tools->is_array()) {
    for (const auto& tool : tools->get_array())
      add_tool(tool);
  } else {
    ++unfit_;
  }
  const auto cursor = text_of(page, "nextCursor");
  if (cursor.empty()) return std::nullopt;
  const bool known = !cursors_.emplace(cursor).second;
  if (known || cursor.size() > longest_cursor || cursors_.size() >= most_pages || cut_) {
    cut_ = true;
    return std::nullopt;
  }
  return std::string(cursor);
}

bool ToolPages::allowed(std::string_view tool) const {
  return std::any_of(config_.tools.begin(), config_.tools.end(),
                     [tool](const std::string& name) { return name == "*" || name == tool; });
}

void ToolPages::add_tool(const json::value& value) {
  const auto* tool = value.if_object();
  const auto name = tool == nullptr ? std::string_view() : text_of(*tool, "name");
  if (name.empty() || name.size() > longest_tool_name) {
    ++unfit_;
    return;
  }
  if (!allowed(name) || names_.contains(std::string(name))) return;
  if (tools_.size() == most_tools) {
    cut_ = true;
    return;
  }
  const auto* schema = tool->if_contains("inputSchema");
  schema::Schema arguments;
  if (schema != nullptr && !schema->is_null()) {
    auto parsed = schema::Schema::parse(*schema, schema::Dialect::lenient);
    if (std::holds_alternative<schema::Fault>(parsed)) {
      ++unfit_;
      return;
    }
    arguments = std::get<schema::Schema>(std::move(parsed));
  }
  names_.emplace(name);
  auto description = text_of(*tool, "description");
  if (description.empty()) description = text_of(*tool, "title");
  if (description.empty()) description = name;
  live::Function function{.name = fitting_name(server_, name),
                          .description = printable(description, longest_description),
                          .parameters = arguments.json(),
                          .blocking = config_.policy.blocking,
                          .scheduling = config_.policy.scheduling};
  tools_.push_back({std::string(name), std::move(function), std::move(arguments)});
}

std::string ToolPages::remark() const {
  std::string remark;
  const auto say = [&remark](const std::string& words) {
    remark += (remark.empty() ? "" : "; ") + words;
  };
  for (const std::string& name : config_.tools) {
    if (name != "*" && !names_.contains(name)) say("it has no usable tool " + name);
  }
  if (unfit_ > 0) say(std::to_string(unfit_) + " of its tools are not described as they should be");
  if (cut_) say("its list is longer than can be used, or has no end");
  return remark;
}

}  // namespace gv::tools::mcp
