// Decodes the answer's base64 straight into the playout queue. Pure; main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/audio/playout_queue.hpp"

namespace gv::session {

class AnswerFeed {
 public:
  explicit AnswerFeed(audio::PlayoutQueue& queue) : queue_(queue) {}

  struct Fed {
    std::uint64_t frames = 0;   // committed, 24 kHz
    std::uint64_t dropped = 0;  // did not fit into the queue
    bool sound = true;          // false: the rest of the part is not base64
  };
  // One audio part: PCM16 mono 24 kHz. A part may end within a sample: the odd byte waits for the
  // next part of the same turn (live-api.md section 3.4).
  Fed feed(std::uint64_t turn, std::string_view base64, std::int64_t received_ns);
  // What follows does not continue what came before.
  void reset() { carry_.reset(); }

 private:
  audio::PlayoutQueue& queue_;
  std::uint64_t turn_ = 0;
  std::optional<std::uint8_t> carry_;
};

}  // namespace gv::session
