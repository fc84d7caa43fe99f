#include "daemon/audio/playout_queue.hpp"

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using gv::audio::PlayoutBlock;
using gv::audio::PlayoutQueue;

namespace {

bool put(PlayoutQueue& queue, std::uint64_t turn, unsigned frames, std::int16_t value,
         std::int64_t received_ns = 0) {
  PlayoutBlock* block = queue.acquire();
  if (block == nullptr) return false;
  std::fill_n(block->samples.begin(), frames, value);
  block->frames = frames;
  block->turn = turn;
  block->received_ns = received_ns;
  queue.commit(block);
  return true;
}

std::vector<std::uint64_t> acknowledge(PlayoutQueue& queue) {
  std::vector<std::uint64_t> dropped;
  queue.acknowledge_flush(dropped);
  return dropped;
}

}  // namespace

TEST_CASE("samples come out in order, with their turn and time") {
  PlayoutQueue queue;
  put(queue, 1, 100, 11, 1000);
  put(queue, 1, 50, 12, 2000);
  queue.end_turn(1);
  put(queue, 2, 10, 13, 3000);
  CHECK(queue.queued_frames() == 160);
  CHECK(queue.readable_frames() == 160);
  CHECK(queue.turn_end_queued());

  std::array<std::int16_t, 70> out{};
  PlayoutQueue::Read read = queue.read(out);
  CHECK(read.frames == 70);
  CHECK(read.first_of_turn);
  CHECK(read.received_ns == 1000);
  CHECK(out[69] == 11);
  read = queue.read(out);
  CHECK(read.frames == 30);
  CHECK_FALSE(read.first_of_turn);
  read = queue.read(out);
  CHECK(read.frames == 50);
  CHECK(out[0] == 12);
  CHECK_FALSE(read.end_of_turn);
  read = queue.read(out);
  CHECK(read.frames == 0);
  CHECK(read.turn == 1);
  CHECK(read.end_of_turn);
  CHECK_FALSE(queue.turn_end_queued());
  read = queue.read(out);
  CHECK(read.turn == 2);
  CHECK(read.first_of_turn);
  CHECK_FALSE(queue.read(out));
  CHECK(queue.queued_frames() == 0);
}

TEST_CASE("after a flush nothing old is read, and nothing new before it is acknowledged") {
  PlayoutQueue queue;
  std::array<std::int16_t, 64> out{};
  put(queue, 1, 100, 11);
  CHECK(queue.read(out).frames == 64);  // in the middle of a block
  put(queue, 2, 100, 12);
  queue.end_turn(2);

  CHECK(queue.flush() == 1);
  CHECK(queue.queued_frames() == 0);
  put(queue, 3, 5, 13);
  CHECK(queue.queued_frames() == 5);
  CHECK(queue.flush_pending());
  CHECK_FALSE(queue.read(out));
  CHECK(queue.readable_frames() == 0);
  CHECK_FALSE(queue.turn_end_queued());

  CHECK(acknowledge(queue) == std::vector<std::uint64_t>{1, 2});
  CHECK_FALSE(queue.turn_end_queued());
  const PlayoutQueue::Read read = queue.read(out);
  CHECK(read.frames == 5);
  CHECK(read.turn == 3);
  CHECK(read.first_of_turn);
  CHECK(out[0] == 13);
}

TEST_CASE("the same turn is new again after a flush") {
  PlayoutQueue queue;
  std::array<std::int16_t, 64> out{};
  put(queue, 1, 10, 1);
  CHECK(queue.read(out).first_of_turn);
  queue.flush();
  acknowledge(queue);
  put(queue, 1, 10, 1);
  CHECK(queue.read(out).first_of_turn);
}

TEST_CASE("the queue is bounded at two minutes and by a limit that can be set") {
  PlayoutQueue queue;
  std::uint64_t blocks = 0;
  while (put(queue, 1, PlayoutBlock::capacity, 1))
    ++blocks;
  CHECK(blocks == 1200);
  queue.end_turn(1);  // fits all the same
  std::array<std::int16_t, PlayoutBlock::capacity> out{};
  CHECK(queue.read(out).frames == PlayoutBlock::capacity);
  CHECK(queue.acquire() != nullptr);

  PlayoutQueue small;
  small.set_limit(3 * PlayoutBlock::capacity);
  CHECK(put(small, 1, PlayoutBlock::capacity, 1));
  CHECK(small.room() == 2 * PlayoutBlock::capacity);
  CHECK(put(small, 1, PlayoutBlock::capacity, 1));
  CHECK(put(small, 1, PlayoutBlock::capacity, 1));
  CHECK_FALSE(put(small, 1, 1, 1));
}

TEST_CASE("blocks are bounded however little is in them, and are recycled") {
  PlayoutQueue queue;
  std::size_t blocks = 0;
  while (put(queue, 1, 1, 1))
    ++blocks;
  CHECK(blocks == PlayoutQueue::max_blocks);
  std::array<std::int16_t, 8> out{};
  while (queue.read(out)) {
  }
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(put(queue, 1, 1, 1));
    REQUIRE(queue.read(out).frames == 1);
  }
}

TEST_CASE("an armed producer is told of room exactly once") {
  PlayoutQueue queue;
  std::array<std::int16_t, 100> out{};
  put(queue, 1, 300, 1);
  CHECK(queue.arm_room(150));
  CHECK_FALSE(queue.take_room_signal());
  queue.read(out);
  CHECK_FALSE(queue.take_room_signal());
  queue.read(out);
  CHECK(queue.take_room_signal());
  CHECK_FALSE(queue.take_room_signal());
  CHECK_FALSE(queue.arm_room(150));  // there is room now
  CHECK_FALSE(queue.take_room_signal());
}

TEST_CASE("two threads: all samples, in order, none twice") {
  PlayoutQueue queue;
  queue.set_limit(20 * PlayoutBlock::capacity);
  constexpr std::uint32_t total = 3'000'000;
  std::thread producer([&queue] {
    std::uint32_t next = 0;
    while (next < total) {
      PlayoutBlock* block = queue.acquire();
      if (block == nullptr) {
        std::this_thread::yield();
        continue;
      }
      while (block->frames < 1 + next % PlayoutBlock::capacity && next < total) {
        block->samples[block->frames++] = static_cast<std::int16_t>(next++ & 0x7fff);
      }
      block->turn = 1;
      queue.commit(block);
    }
    queue.end_turn(1);
  });
  std::uint32_t seen = 0;
  std::uint32_t wrong = 0;
  std::array<std::int16_t, 777> out{};
  for (bool ended = false; !ended;) {
    const PlayoutQueue::Read read = queue.read(out);
    for (unsigned i = 0; i < read.frames; ++i) {
      wrong += out[i] != static_cast<std::int16_t>(seen++ & 0x7fff) ? 1U : 0U;
    }
    ended = read.end_of_turn;
    if (!read) std::this_thread::yield();
  }
  producer.join();
  CHECK(wrong == 0);
  CHECK(seen == total);
}

TEST_CASE("two threads: what was committed before a flush is never read after it") {
  PlayoutQueue queue;
  std::atomic<int> flushed{-1};  // samples up to this value must not be seen any more
  std::atomic<bool> done{false};
  std::thread producer([&queue, &flushed, &done] {
    for (std::int16_t value = 0; value < 3000; ++value) {
      for (int i = 0; i < 3; ++i)
        put(queue, static_cast<std::uint64_t>(value), 500, value);
      queue.flush();
      flushed = value;
      if (value % 8 == 0) std::this_thread::yield();
    }
    put(queue, 9999, 1, 32000);
    done = true;
  });
  int stale = 0;
  bool last = false;
  std::array<std::int16_t, 200> out{};
  while (!last) {
    if (queue.flush_pending()) acknowledge(queue);
    const int before = flushed;
    const PlayoutQueue::Read read = queue.read(out);
    for (unsigned i = 0; i < read.frames; ++i) {
      if (out[i] <= before) ++stale;
      last = last || out[i] == 32000;
    }
    if (!read) std::this_thread::yield();
  }
  producer.join();
  CHECK(stale == 0);
}
