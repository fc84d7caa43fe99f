// A conversation as Markdown. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "daemon/session/control.hpp"

namespace gv::transcripts {

struct Entry {
  std::int64_t time_us = 0;  // since the epoch
  session::Role role = session::Role::user;
  std::string text;
  bool interrupted = false;
};

// left_out: entries before the first one that are not there any more. Times are local.
std::string to_markdown(const session::SessionInfo& info, const std::deque<Entry>& entries,
                        std::uint64_t left_out);

// "2026-11-28-213105", local: the beginning of a file's name.
std::string name_time(std::int64_t time_us);

}  // namespace gv::transcripts
