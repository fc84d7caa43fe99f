// A sound server works in real time: where the machine gives it, the daemon or the recording no
// processor for longer than their buffers last, samples are missing, and that says nothing about
// the code under test. A test that compares samples on a sound server therefore watches the
// machine while it listens, and listens again if the result is bad *and* the machine was late, or
// for a moment so busy that what computes much was, though what only wakes up was not (sanitized
// programs). In virtual time (GV_VIRTUAL_TIME, tests/kernel/run.sh) there is one attempt, and no
// mercy.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace gv::test {

// How late a thread of ordinary priority was woken, at worst: one watcher on every processor. And
// how busy the machine was, at worst.
class Lateness {
 public:
  Lateness();
  ~Lateness();
  Lateness(const Lateness&) = delete;
  Lateness& operator=(const Lateness&) = delete;
  std::int64_t worst_ms() const { return worst_ns_ / 1'000'000; }
  // For how much of the worst 50 ms somebody waited for a processor; 0 where Linux does not say.
  std::int64_t waited_percent() const { return waited_percent_; }
  void forget() { worst_ns_ = waited_percent_ = 0; }

 private:
  void watch(unsigned processor);
  void watch_waiting();

  std::atomic<std::int64_t> worst_ns_ = 0;
  std::atomic<std::int64_t> waited_percent_ = 0;
  std::atomic<bool> ending_ = false;
  std::vector<std::thread> watchers_;
};

// for (Attempts attempts; attempts.next();) {
//   listen;
//   if (bad && attempts.spoilt()) continue;
//   CHECK(...); break;
// }
class Attempts {
 public:
  // In virtual time nothing is late: one attempt.
  Attempts();
  // Whether an attempt may begin.
  bool next();
  // Whether the machine was late or busy in this attempt.
  bool spoilt() const;

 private:
  int most_;
  int number_ = 0;
  std::optional<Lateness> lateness_;
};

}  // namespace gv::test
