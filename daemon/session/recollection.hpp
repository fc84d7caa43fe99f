// The last turns of the conversation, in a few words: what a fresh session of the service is told
// when the old one cannot be resumed. In memory only. Pure; owned by the machine.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "daemon/live/encode.hpp"
#include "daemon/session/control.hpp"

namespace gv::session {

class Recollection {
 public:
  static constexpr std::size_t max_turns = 16;
  static constexpr std::size_t max_bytes_of_turn = 1000;

  // Tools' words and empty ones are left out.
  void add(Role role, std::string_view text);
  void clear() { turns_.clear(); }
  bool empty() const { return turns_.empty(); }
  const std::deque<live::PastTurn>& turns() const { return turns_; }

 private:
  std::deque<live::PastTurn> turns_;  // oldest first
};

}  // namespace gv::session
