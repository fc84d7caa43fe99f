// Samples of answers on their way from the socket to the speaker: a bounded single-producer
// single-consumer queue of blocks that are decoded into in place and recycled. Pure, lock-free.
// Producer: main thread. Consumer: audio thread.
//
// A flush is a generation number: every block carries the generation it was committed in, and the
// consumer drops blocks of an older one, so that stale audio cannot be heard (architecture.md 3).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gv::audio {

struct PlayoutBlock {
  static constexpr unsigned capacity = 2400;  // frames, 100 ms at 24 kHz
  std::array<std::int16_t, capacity> samples;
  unsigned frames = 0;
  std::uint64_t turn = 0;
  std::uint64_t generation = 0;
  std::int64_t received_ns = 0;  // when its message came off the socket
  bool end_of_turn = false;      // nothing more of this turn follows
};

}  // namespace gv::audio
