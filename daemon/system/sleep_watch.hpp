// Tells when the machine is about to sleep and that it woke: logind's PrepareForSleep on the system
// bus. A delay lock is always held while the machine is awake, as NetworkManager does, so that the
// machine waits (logind: 5 s at most) until devices and connection are closed: otherwise the socket
// wakes half open (users.md (f) 18). Main thread only; never waits for the bus.
//
// Without a system bus or logind nothing is ever told: one line in the log, and another try from
// time to time. logind and the bus may come and go.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <asio/io_context.hpp>

namespace gv::system {

// Since boot: CLOCK_BOOTTIME less CLOCK_MONOTONIC.
std::chrono::nanoseconds time_asleep();

class SleepWatch {
 public:
  struct Callbacks {
    // Close what must not be open in sleep, then call done: the machine goes to sleep, after 4 s at
    // the latest. done may be called late, more than once, and after the watch is gone.
    std::function<void(std::function<void()> done)> about_to_sleep;
    // slept is 0 where the sleep was called off. Comes once after each about_to_sleep, also where
    // logind or the bus went away meanwhile; alone where that notice was missed.
    std::function<void(std::chrono::milliseconds slept)> woke;
  };

  // Both callbacks come from the loop and must not destroy the watch. asleep: for tests.
  SleepWatch(asio::io_context& io, Callbacks callbacks,
             std::function<std::chrono::nanoseconds()> asleep = time_asleep);
  ~SleepWatch();
  SleepWatch(const SleepWatch&) = delete;
  SleepWatch& operator=(const SleepWatch&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gv::system
