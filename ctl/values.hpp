// D-Bus dictionaries as JSON with the contract's names in snake_case.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "daemon/bus/compat.hpp"

namespace gv::ctl {

using Dict = std::map<std::string, sdbus::Variant>;

std::string snake_case(std::string_view name);  // "CaptureOpen" -> "capture_open"
boost::json::value to_json(const sdbus::Variant& value);
boost::json::object to_json(const Dict& dict);

// The member as text; empty where there is none.
std::string text_of(const boost::json::object& object, std::string_view key);

}  // namespace gv::ctl
