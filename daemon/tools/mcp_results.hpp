// What an MCP server answers, as a session needs it. Pure. Everything here is the word of somebody
// else: bounded, checked, and left out where it cannot be used.
#pragma once

#include <string_view>

#include <boost/json.hpp>

#include "daemon/tools/host.hpp"

namespace gv::tools::mcp {

// The result of tools/call.
Result call_result(const boost::json::object& result);

// Says in its words that one of its pictures is not with it, and why.
void leave_picture_out(Result& result, std::string_view why);

}  // namespace gv::tools::mcp
