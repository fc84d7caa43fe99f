// A conversation as it is kept. Pure values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/session/control.hpp"

namespace gv::history {

struct Session {
  std::string id;
  std::string profile;
  std::string model;
  std::int64_t begun_us = 0;  // microseconds since the epoch
  std::int64_t ended_us = 0;  // 0: it runs, or nobody was there to say
  std::string reason;         // as SessionEnded names it; empty: as above
  bool goes_on = false;       // with the conversation of an earlier session
};

struct Entry {
  std::uint64_t turn = 0;
  session::Role role = session::Role::user;
  std::string text;
  std::int64_t time_us = 0;    // when it was complete, microseconds since the epoch
  std::uint64_t begin_ms = 0;  // since the session's start, by the audio clock; both 0: unknown
  std::uint64_t end_ms = 0;
  bool interrupted = false;
  std::uint32_t heard_ms = 0;
  std::vector<session::WebSource> sources = {};
};

inline Entry entry_of(std::uint64_t turn, session::Role role, const std::string& text,
                      const session::TranscriptDetails& details, std::int64_t time_us) {
  return {.turn = turn,
          .role = role,
          .text = text,
          .time_us = time_us,
          .begin_ms = details.begin_ms,
          .end_ms = details.end_ms,
          .interrupted = details.interrupted,
          .heard_ms = details.heard_ms,
          .sources = details.sources};
}

}  // namespace gv::history
