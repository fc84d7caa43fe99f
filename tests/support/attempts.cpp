#include "tests/support/attempts.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include <pthread.h>
#include <sched.h>

namespace gv::test {
namespace {

constexpr std::int64_t tick_ns = 2'000'000;
// Two in a row use up the shortest buffer of the chain.
constexpr std::int64_t late_ms = 15;
// Measured on two processors, with sanitized daemons: at most 17 with one conversation, from its
// start on, 35 with two at once, 71 with three; a compiler beside them makes it 100.
constexpr std::int64_t window_ns = 50'000'000;
constexpr std::int64_t busy_percent = 80;

void sleep_until(std::int64_t ns) {
  const timespec until{ns / 1'000'000'000, ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

// Linux's pressure stall information (Documentation/accounting/psi.rst): for how long so far
// somebody waited for a processor, the average of those that were busy. 0 where the kernel does not
// say.
std::int64_t waited_us() {
  std::ifstream file("/proc/pressure/cpu");
  std::string line;
  std::getline(file, line);  // some avg10=... avg60=... avg300=... total=...
  const std::size_t at = line.find("total=");
  return at == std::string::npos ? 0 : std::atoll(line.c_str() + at + 6);
}

}  // namespace

Lateness::Lateness() {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < processors; ++i)
    watchers_.emplace_back([this, i] { watch(i); });
  watchers_.emplace_back([this] { watch_waiting(); });
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
    sleep_until(due);
    const std::int64_t late = now() - due;
    if (late > worst_ns_) worst_ns_ = late;
  }
}

void Lateness::watch_waiting() {
  std::int64_t ns = now();
  std::int64_t us = waited_us();
  while (!ending_) {
    sleep_until(ns + window_ns);
    const std::int64_t woken_ns = now();
    const std::int64_t passed_ns = woken_ns - std::exchange(ns, woken_ns);
    const std::int64_t waited = waited_us();
    const std::int64_t percent = (waited - std::exchange(us, waited)) * 100'000 / passed_ns;
    if (percent > waited_percent_) waited_percent_ = percent;
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
  if (!lateness_) return false;
  const std::int64_t worst = lateness_->worst_ms();
  const std::int64_t waited = lateness_->waited_percent();
  if (worst < late_ms && waited < busy_percent) return false;
  std::cout << "attempt " << number_ << ": the machine was " << worst
            << " ms late, and too busy for " << waited << " % of 50 ms; "
            << (number_ < most_ ? "once more" : "no verdict") << '\n';
  return true;
}

}  // namespace gv::test
