// A conversation as subtitles: who is heard when, in pieces that can be read. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/history/entry.hpp"

namespace gv::history {

struct Cue {
  std::uint64_t begin_ms = 0;
  std::uint64_t end_ms = 0;
  session::Role role = session::Role::user;
  bool first = false;              // of what its speaker says
  std::vector<std::string> lines;  // one or two
};

// In the order of their beginnings, none before the one before it has ended. What is longer than
// two lines is split at the ends of sentences, else of words, and has its share of the time. An
// entry whose time is unknown follows the one before it. Tools are not heard, and left out.
std::vector<Cue> cues(std::span<const Entry> entries);

// One line, without control characters: what cues are made of.
std::string flat(std::string_view text);

}  // namespace gv::history
