// Samples of answers on their way from the socket to the speaker: a bounded single-producer
// single-consumer queue of blocks that are decoded into in place and recycled. Pure, lock-free.
// Producer: main thread. Consumer: audio thread.
//
// A flush is a generation number: every block carries the generation it was committed in. From the
// flush on read() gives nothing until the consumer has dropped what its device holds and says so
// with acknowledge_flush(), which throws away the blocks of older generations. So stale audio
// cannot be heard, and audio committed right after a flush cannot be lost in it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "daemon/audio/spsc_ring.hpp"

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

class PlayoutQueue {
 public:
  // The service sends pieces of 40 to 240 ms, so that a block is seldom full: the limit that
  // matters is in frames, the one in blocks bounds memory (19 MiB, reached only with very small
  // pieces).
  static constexpr std::uint64_t default_limit = std::uint64_t{120} * 24000;  // frames
  static constexpr std::size_t max_blocks = 4096;

  // ---- producer

  // An empty block to fill, then commit() or release(); nullptr: the queue is full. The block stays
  // the queue's. Memory grows to the most blocks ever queued, and not beyond.
  PlayoutBlock* acquire();
  void release(PlayoutBlock* block) { spare_.push_back(block); }
  void commit(PlayoutBlock* block);
  // Marks the end of the turn's audio. Succeeds however full the queue is (up to max_blocks).
  void end_turn(std::uint64_t turn);
  // Nothing committed so far is delivered by a read() that starts after this. New generation.
  std::uint64_t flush();
  std::uint64_t queued_frames() const;  // committed since the last flush and not yet read
  std::uint64_t room() const;  // frames that may be committed before acquire() gives nullptr
  void set_limit(std::uint64_t frames) { limit_ = frames; }
  // Asks for one take_room_signal() when at most `frames` are left. False: that is so already.
  bool arm_room(std::uint64_t frames);

  // ---- consumer

  struct Read {
    unsigned frames = 0;
    std::uint64_t turn = 0;
    std::int64_t received_ns = 0;
    bool first_of_turn = false;  // these samples are the turn's first
    bool end_of_turn = false;    // these samples (if any) are the turn's last
    explicit operator bool() const { return frames > 0 || end_of_turn; }
  };
  // At most one block's worth; nothing where the queue is empty or a flush is not acknowledged yet.
  Read read(std::span<std::int16_t> out);
  bool flush_pending() const;
  // Drops the blocks of older generations and appends the turns they had audio of to `dropped`.
  void acknowledge_flush(std::vector<std::uint64_t>& dropped);
  std::uint64_t readable_frames() const;
  bool turn_end_queued() const;  // an end of turn is among what can be read
  // Changes with every commit() and end_turn().
  std::uint64_t commits() const { return commits_.load(); }
  // True once after the queue has emptied to the armed level.
  bool take_room_signal();

 private:
  static constexpr std::uint64_t disarmed = ~std::uint64_t{0};

  PlayoutBlock* take_free();
  void push(PlayoutBlock* block);
  void recycle(PlayoutBlock* block);

  SpscRing<PlayoutBlock*, max_blocks> full_;
  SpscRing<PlayoutBlock*, max_blocks> free_;

  // Running totals. Because the queue is first in, first out, all of its state follows from them.
  std::atomic<std::uint64_t> generation_{0};      // written by the producer
  std::atomic<std::uint64_t> committed_{0};       // frames; producer
  std::atomic<std::uint64_t> ends_committed_{0};  // producer
  std::atomic<std::uint64_t> commits_{0};         // producer
  std::atomic<std::uint64_t> taken_{0};           // frames read or dropped; consumer
  std::atomic<std::uint64_t> armed_{disarmed};

  // Producer only.
  std::vector<std::unique_ptr<PlayoutBlock>> pool_;
  std::vector<PlayoutBlock*> spare_;
  std::uint64_t flushed_at_ = 0;  // committed_ at the last flush
  std::uint64_t limit_ = default_limit;

  // Consumer only.
  std::uint64_t acknowledged_ = 0;  // generation
  std::uint64_t ends_taken_ = 0;
  unsigned offset_ = 0;  // into the front block
  std::uint64_t last_turn_ = 0;
  bool in_turn_ = false;
};

}  // namespace gv::audio
