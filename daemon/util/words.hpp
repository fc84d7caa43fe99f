// Words for messages about what people and programs wrote: quoting, suggestions. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// Control characters replaced, cut after so many bytes, but not inside a character: safe inside a
// one-line message. The text is valid UTF-8.
std::string one_line(std::string_view text, std::size_t longest);

// The same in quotes, cut after 40 bytes.
// (Not "quoted": std::quoted would compete for it.)
std::string in_quotes(std::string_view text);

// " (did you mean X?)" for the nearest candidate within reach, else empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// "a, b or c"
std::string one_of(const std::vector<std::string>& choices);

// Offset of the first byte that is not well-formed UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace gv
