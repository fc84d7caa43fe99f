// Words of others, made fit to be shown. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gv {

// Valid UTF-8 without control characters, as D-Bus, systemd and terminals need it: what is not
// valid becomes U+FFFD, a control character a blank. Cut at max_bytes, between two characters.
std::string printable(std::string_view text, std::size_t max_bytes);

// An ASCII control character. (A char has a sign on some machines, and on ARM none.)
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

// The length of the valid UTF-8 sequence that `text` begins with; 0: it begins with none (RFC
// 3629).
std::size_t sequence_length(std::string_view text);
bool is_utf8(std::string_view text);
// The beginning of valid UTF-8, of at most max_bytes, cut between two characters.
std::string_view beginning(std::string_view text, std::size_t max_bytes);

// As one word of a shell's command line, after the options.
std::string shell_word(std::string_view text);

// Puts `label` in the place of a secret, also of its beginning (8 bytes or more): who quotes it may
// have cut it. A secret shorter than that is none that can be told from other words.
void hide_secret(std::string& text, std::string_view secret, std::string_view label);

}  // namespace gv
