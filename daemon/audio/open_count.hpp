// How many PCMs of one opening are open, whoever holds them: a microphone is released when there is
// none left. Counted where libasound opens and closes; any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "daemon/audio/events.hpp"

namespace gv::audio {

class OpenCount {
 public:
  // The bell is rung whenever one was closed.
  explicit OpenCount(std::shared_ptr<Bell> bell) : bell_(std::move(bell)) {}

  void opened() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void closed() {
    const std::lock_guard lock(mutex_);
    --count_;
    none_.notify_all();
    bell_->ring();
  }
  bool none() const {
    const std::lock_guard lock(mutex_);
    return count_ == 0;
  }
  void wait_for_none(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    none_.wait_for(lock, limit, [this] { return count_ == 0; });
  }

 private:
  std::shared_ptr<Bell> bell_;
  mutable std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

}  // namespace gv::audio
