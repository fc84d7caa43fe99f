#include "daemon/audio/playout_queue.hpp"

#include <algorithm>

namespace gv::audio {

// ---- producer

PlayoutBlock* PlayoutQueue::take_free() {
  PlayoutBlock* block = nullptr;
  if (!spare_.empty()) {
    block = spare_.back();
    spare_.pop_back();
  } else if (!free_.pop(block)) {
    if (pool_.size() == max_blocks) return nullptr;
    block = pool_.emplace_back(std::make_unique<PlayoutBlock>()).get();
  }
  block->frames = 0;
  block->turn = 0;
  block->received_ns = 0;
  block->end_of_turn = false;
  return block;
}

PlayoutBlock* PlayoutQueue::acquire() {
  if (room() < PlayoutBlock::capacity) return nullptr;
  return take_free();
}

void PlayoutQueue::push(PlayoutBlock* block) {
  block->generation = generation_.load(std::memory_order_relaxed);
  const std::uint64_t frames = block->frames;
  const bool end = block->end_of_turn;
  // Before the block itself: the consumer must never have taken more than was committed.
  committed_.fetch_add(frames);
  if (end) ends_committed_.fetch_add(1);
  full_.push(block);  // cannot be full: there are only max_blocks blocks
  commits_.fetch_add(1);
}

void PlayoutQueue::commit(PlayoutBlock* block) {
  if (block->frames == 0 && !block->end_of_turn) {
    release(block);
    return;
  }
  push(block);
}

void PlayoutQueue::end_turn(std::uint64_t turn) {
  PlayoutBlock* block = take_free();
  if (block == nullptr) return;
  block->turn = turn;
  block->end_of_turn = true;
  push(block);
}

std::uint64_t PlayoutQueue::flush() {
  flushed_at_ = committed_.load(std::memory_order_relaxed);
  return generation_.fetch_add(1) + 1;
}

std::uint64_t PlayoutQueue::queued_frames() const {
  return committed_.load() - std::max(taken_.load(), flushed_at_);
}

std::uint64_t PlayoutQueue::room() const {
  const std::uint64_t held = committed_.load() - taken_.load();
  return held >= limit_ ? 0 : limit_ - held;
}

bool PlayoutQueue::arm_room(std::uint64_t frames) {
  armed_.store(frames);
  if (queued_frames() > frames) return true;
  // Already so. Where the consumer saw it at the same moment, its signal is on the way.
  return armed_.exchange(disarmed) == disarmed;
}

// ---- consumer

void PlayoutQueue::recycle(PlayoutBlock* block) {
  full_.pop_front();
  offset_ = 0;
  if (block->end_of_turn) {
    ++ends_taken_;
    in_turn_ = false;
  }
  free_.push(block);  // cannot be full either
}

PlayoutQueue::Read PlayoutQueue::read(std::span<std::int16_t> out) {
  Read result;
  if (flush_pending()) return result;
  PlayoutBlock** front = full_.front();
  // A newer generation is behind a flush that came after the look above.
  if (front == nullptr || (*front)->generation != acknowledged_) return result;
  PlayoutBlock* block = *front;
  const unsigned left = block->frames - offset_;
  result.frames = static_cast<unsigned>(std::min<std::size_t>(left, out.size()));
  result.turn = block->turn;
  result.received_ns = block->received_ns;
  std::copy_n(block->samples.begin() + offset_, result.frames, out.begin());
  if (result.frames > 0 && (!in_turn_ || last_turn_ != block->turn)) {
    result.first_of_turn = true;
    in_turn_ = true;
    last_turn_ = block->turn;
  }
  offset_ += result.frames;
  if (offset_ == block->frames) {
    result.end_of_turn = block->end_of_turn;
    recycle(block);
  }
  taken_.fetch_add(result.frames);
  return result;
}

bool PlayoutQueue::flush_pending() const {
  return generation_.load() != acknowledged_;
}

void PlayoutQueue::acknowledge_flush(std::vector<std::uint64_t>& dropped) {
  const std::uint64_t current = generation_.load();
  for (PlayoutBlock** front = full_.front(); front != nullptr; front = full_.front()) {
    PlayoutBlock* block = *front;
    if (block->generation == current) break;
    const unsigned left = block->frames - offset_;
    if (left > 0 && (dropped.empty() || dropped.back() != block->turn)) {
      dropped.push_back(block->turn);
    }
    recycle(block);
    taken_.fetch_add(left);
  }
  in_turn_ = false;
  acknowledged_ = current;
}

std::uint64_t PlayoutQueue::readable_frames() const {
  return flush_pending() ? 0 : committed_.load() - taken_.load();
}

bool PlayoutQueue::turn_end_queued() const {
  return !flush_pending() && ends_committed_.load() != ends_taken_;
}

bool PlayoutQueue::take_room_signal() {
  const std::uint64_t level = armed_.load();
  if (level == disarmed || committed_.load() - taken_.load() > level) return false;
  return armed_.exchange(disarmed) != disarmed;
}

}  // namespace gv::audio
