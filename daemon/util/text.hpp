// Words of others, made fit to be shown. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gv {

// Valid UTF-8 without control characters, as D-Bus, systemd and terminals need it: what is not
// valid becomes U+FFFD, a control character a blank. Cut at max_bytes, between two characters.
std::string printable(std::string_view text, std::size_t max_bytes);

// What a person is to judge, so that nothing in it hides: valid UTF-8 in which control characters
// but newlines, and characters that are not seen or turn the order of the others around, are named,
// as in [U+202E].
std::string unmasked(std::string_view text);

// As one word of a shell's command line.
std::string shell_word(std::string_view text);

// Puts `label` in the place of a secret, also of its beginning (8 bytes or more): who quotes it may
// have cut it. A secret shorter than that is none that can be told from other words.
void hide_secret(std::string& text, std::string_view secret, std::string_view label);

}  // namespace gv
