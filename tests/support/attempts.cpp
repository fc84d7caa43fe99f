#include "tests/support/attempts.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <pthread.h>
#include <sched.h>

namespace gv::test {
namespace {

constexpr std::int64_t tick_ns = 2'000'000;
// Two in a row use up the shortest buffer of the chain.
constexpr std::int64_t late_ms = 15;

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

Lateness::Lateness() {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < processors; ++i)
    watchers_.emplace_back([this, i] { watch(i); });
}

Lateness::~Lateness() {
  ending_ = true;
  for (std::thread& watcher : watchers_)
    watcher.join();
}

void Lateness::watch(unsigned processor) {
  cpu_set_t only{};
  CPU_SET(processor, &only);
  pthread_setaffinity_np(pthread_self(), sizeof only, &only);  // forbidden: then wherever it runs
  while (!ending_) {
    const std::int64_t due = now() + tick_ns;
    const timespec until{due / 1'000'000'000, due % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const std::int64_t late = now() - due;
    if (late > worst_ns_) worst_ns_ = late;
  }
}

Attempts::Attempts() : most_(std::getenv("GV_VIRTUAL_TIME") == nullptr ? 4 : 1) {
  if (most_ > 1) lateness_.emplace();
}

bool Attempts::next() {
  if (lateness_) lateness_->forget();
  return number_++ < most_;
}

bool Attempts::spoilt() const {
  const std::int64_t worst = lateness_ ? lateness_->worst_ms() : 0;
  if (worst < late_ms) return false;
  std::cout << "attempt " << number_ << ": the machine was " << worst << " ms late; "
            << (number_ < most_ ? "once more" : "no verdict") << '\n';
  return true;
}

}  // namespace gv::test
