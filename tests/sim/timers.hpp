// One-shot timers on Asio's steady clock that die with their owner: a callback never runs after
// this object is gone or after cancel(). Main thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace gv::sim {

class Timers {
 public:
  using Clock = std::chrono::steady_clock;
  using Id = std::uint64_t;

  explicit Timers(asio::io_context& io) : io_(io) {}

  Id at(Clock::time_point when, std::function<void()> run) {
    const Id id = ++last_;
    Entry& entry = entries_[id];
    entry.run = std::move(run);
    entry.timer = std::make_unique<asio::steady_timer>(io_, when);
    entry.timer->async_wait([this, alive = std::weak_ptr(alive_), id](asio::error_code) {
      if (!alive.expired()) fire(id);
    });
    return id;
  }
  Id after(Clock::duration delay, std::function<void()> run) {
    return at(Clock::now() + delay, std::move(run));
  }
  void cancel(Id id) { entries_.erase(id); }
  void cancel_all() { entries_.clear(); }

 private:
  struct Entry {
    std::function<void()> run;
    std::unique_ptr<asio::steady_timer> timer;
  };

  void fire(Id id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    const std::function<void()> run = std::move(found->second.run);
    entries_.erase(found);
    run();
  }

  asio::io_context& io_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::map<Id, Entry> entries_;
  Id last_ = 0;
};

}  // namespace gv::sim
