// What an MCP server offers, as a session needs it. Pure. Everything here is the word of somebody
// else: bounded, checked, and left out where it cannot be used.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "daemon/config/config.hpp"
#include "daemon/live/function.hpp"
#include "daemon/schema/schema.hpp"

namespace gv::tools::mcp {

struct ServerTool {
  std::string name;         // the server's
  live::Function function;  // its name is fit, but perhaps that of another, too
  schema::Schema arguments;
};

// A name for a function that the service takes: [A-Za-z_][A-Za-z0-9_-]{0,62}.
std::string fitting_name(std::string_view server, std::string_view tool);

// The names of a session's functions. A server may have thousands that begin alike.
class Names {
 public:
  void take(const std::string& name) { taken_.insert(name); }
  // `name`, or where that is taken one of name_2, name_3, … that is not; taken then.
  std::string free(const std::string& name);

 private:
  std::set<std::string> taken_;
  std::map<std::string, unsigned> numbers_;  // the last one, by what stands before it
};

// The pages of tools/list, one after the other.
class ToolPages {
 public:
  ToolPages(std::string server, const config::McpServer& config);

  // The cursor of the next page; nullopt: there is none, or no more of them is taken.
  std::optional<std::string> add(const boost::json::object& page);

  std::vector<ServerTool> take() { return std::move(tools_); }
  // What a person should know, for the log; empty: nothing. No words of the server's but names.
  std::string remark() const;

 private:
  void add_tool(const boost::json::value& tool);
  bool allowed(std::string_view tool) const;

  std::string server_;
  config::McpServer config_;
  std::vector<ServerTool> tools_;
  std::set<std::string> names_;
  std::set<std::string> cursors_;
  std::size_t unfit_ = 0;
  bool cut_ = false;
};

}  // namespace gv::tools::mcp
