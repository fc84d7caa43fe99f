// A bounded lock-free ring between exactly two threads: one pushes, one pops. Neither ever waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace gv::audio {

template <typename T, std::size_t Capacity>
class SpscRing {
  static_assert(Capacity > 0 && (Capacity & (Capacity - 1)) == 0, "a power of two");

 public:
  // Pushing thread. False: full, and `value` is untouched.
  bool push(T&& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == Capacity) return false;
    slots_[tail % Capacity] = std::move(value);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  bool push(const T& value) {
    T copy = value;
    return push(std::move(copy));
  }

  // Popping thread. The oldest element, which stays in the ring; nullptr: empty.
  T* front() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return nullptr;
    return &slots_[head % Capacity];
  }
  // Popping thread; only after front() gave one.
  void pop_front() {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  bool pop(T& out) {
    T* oldest = front();
    if (oldest == nullptr) return false;
    out = std::move(*oldest);
    pop_front();
    return true;
  }

 private:
  std::array<T, Capacity> slots_{};
  alignas(64) std::atomic<std::size_t> head_{0};  // next to pop
  alignas(64) std::atomic<std::size_t> tail_{0};  // next to push
};

}  // namespace gv::audio
