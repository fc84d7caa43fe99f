// What an API key looks like. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace gv::config {

// Does the text hold something in the form of a Google API key ("AIza…", "AQ.…")?
bool holds_api_key(std::string_view text);

// The same text with such keys replaced by "…".
std::string without_api_keys(std::string text);

}  // namespace gv::config
