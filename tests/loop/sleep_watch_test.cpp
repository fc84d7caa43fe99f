// SleepWatch on a real dbus-daemon that plays the system bus.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "daemon/system/sleep_watch.hpp"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "tests/loop/bus_support.hpp"
#include "tests/loop/logind.hpp"

using namespace gv;
using namespace std::chrono_literals;
using system::SleepWatch;
using test::Logind;
using test::patience;

namespace {

struct World {
  World() { ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address().c_str(), 1); }

  void start() {
    SleepWatch::Callbacks callbacks;
    callbacks.about_to_sleep = [this](std::function<void()> d) {
      done = std::move(d);
      ++sleeps;
      if (fails) throw std::runtime_error("the owner fails");
    };
    callbacks.woke = [this](std::chrono::milliseconds slept) {
      wakes.push_back(slept);
      if (fails) throw 42;
    };
    watch = std::make_unique<SleepWatch>(io, std::move(callbacks), [this] { return asleep; });
  }

  // Both sides go on until it is so.
  template <class Condition>
  bool until(Condition condition, std::chrono::milliseconds limit = patience) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      if (logind) logind->process();
      io.restart();
      io.run_one_for(2ms);
    }
    return true;
  }
  bool until_locked() {
    return until([this] { return logind->locks() == 1; });
  }
  // Lets whatever is on its way arrive: a question to the bus and its answer come after it.
  void settle() {
    until([] { return false; }, 200ms);
  }

  test::PrivateBus bus;
  asio::io_context io;
  std::unique_ptr<Logind> logind = nullptr;
  std::unique_ptr<SleepWatch> watch;
  std::chrono::nanoseconds asleep = 5s;
  std::function<void()> done;
  int sleeps = 0;
  std::vector<std::chrono::milliseconds> wakes;
  bool fails = false;
};

// logind is there and has given its lock.
struct LockedWorld : World {
  LockedWorld() {
    logind = std::make_unique<Logind>();
    start();
    REQUIRE(until_locked());
  }
  // Returns when the owner was told.
  void go_to_sleep() {
    const int before = sleeps;
    logind->prepare_for_sleep(true);
    REQUIRE(until([this, before] { return sleeps == before + 1; }));
  }
};

}  // namespace

TEST_CASE("a delay lock is held while awake, until done, and again after waking") {
  LockedWorld w;
  for (int round = 1; round <= 3; ++round) {
    CAPTURE(round);
    w.logind->prepare_for_sleep(true);
    w.logind->refuses = true;
    REQUIRE(w.until([&w, round] { return w.sleeps == round; }));
    w.settle();
    CHECK(w.logind->locks() == 1);
    w.done();
    REQUIRE(w.until([&w] { return w.logind->locks() == 0; }));
    w.done();
    w.asleep += round * 1h;
    w.settle();
    CHECK(w.logind->locks() == 0);
    CHECK(w.wakes.size() == static_cast<std::size_t>(round - 1));
    w.logind->refuses = false;
    w.logind->prepare_for_sleep(false);
    REQUIRE(w.until([&w, round] { return w.wakes.size() == static_cast<std::size_t>(round); }));
    CHECK(w.wakes.back() == round * 1h);
    REQUIRE(w.until_locked());
  }
  CHECK(w.logind->requests() == 4);
}

TEST_CASE("an owner that is late lets no later lock go") {
  LockedWorld w;
  w.go_to_sleep();
  const auto late = w.done;
  w.logind->prepare_for_sleep(false);
  REQUIRE(w.until([&w] { return w.wakes.size() == 1 && w.logind->requests() == 2; }));
  CHECK(w.wakes[0] == 0ms);
  REQUIRE(w.until_locked());
  late();
  w.settle();
  CHECK(w.logind->locks() == 1);
  w.go_to_sleep();
  late();
  w.settle();
  CHECK(w.logind->locks() == 1);
  w.done();
  CHECK(w.until([&w] { return w.logind->locks() == 0; }));
}

TEST_CASE("an owner that never says done keeps the machine for 4 s, less than logind waits") {
  LockedWorld w;
  const auto before = std::chrono::steady_clock::now();
  w.go_to_sleep();
  w.settle();
  CHECK(w.logind->locks() == 1);
  REQUIRE(w.until([&w] { return w.logind->locks() == 0; }));
  CHECK(std::chrono::steady_clock::now() - before >= 3900ms);
  w.logind->prepare_for_sleep(false);
  REQUIRE(w.until_locked());
  w.settle();
  CHECK(w.logind->locks() == 1);
}

TEST_CASE("a lock that logind refuses is asked for again, until it is given") {
  World w;
  w.logind = std::make_unique<Logind>();
  w.logind->refuses = true;
  w.start();
  REQUIRE(w.until([&w] { return w.logind->requests() == 2; }));
  w.logind->refuses = false;
  REQUIRE(w.until_locked());
  w.settle();
  CHECK(w.logind->requests() == 3);
}

TEST_CASE("a notice that was missed: waking is told all the same") {
  LockedWorld w;
  w.asleep += 90s;
  w.logind->prepare_for_sleep(false);
  REQUIRE(w.until([&w] { return w.wakes.size() == 1; }));
  CHECK(w.wakes[0] == 90s);
  CHECK(w.sleeps == 0);
}

TEST_CASE("logind comes, restarts in mid-sleep, and comes back") {
  World w;
  w.start();
  w.settle();
  w.logind = std::make_unique<Logind>();
  REQUIRE(w.until_locked());
  w.logind->prepare_for_sleep(true);
  REQUIRE(w.until([&w] { return w.sleeps == 1; }));
  w.logind.reset();
  REQUIRE(w.until([&w] { return w.wakes.size() == 1; }));
  w.logind = std::make_unique<Logind>();
  REQUIRE(w.until_locked());
  w.logind->prepare_for_sleep(true);
  REQUIRE(w.until([&w] { return w.sleeps == 2; }));
}

TEST_CASE("no bus at first, and one that dies in mid-sleep and comes back") {
  World w;
  w.bus.kill();
  w.start();
  w.settle();
  for (int round = 1; round <= 2; ++round) {
    CAPTURE(round);
    w.bus.start();
    w.logind = std::make_unique<Logind>();
    REQUIRE(w.until_locked());
    w.logind->prepare_for_sleep(true);
    REQUIRE(w.until([&w, round] { return w.sleeps == round; }));
    w.bus.kill();
    REQUIRE(w.until([&w, round] { return w.wakes.size() == static_cast<std::size_t>(round); }));
    w.logind.reset();
  }
}

TEST_CASE("callbacks that throw stop nothing") {
  LockedWorld w;
  w.fails = true;
  w.go_to_sleep();
  w.done();
  REQUIRE(w.until([&w] { return w.logind->locks() == 0; }));
  w.logind->prepare_for_sleep(false);
  REQUIRE(w.until([&w] { return w.wakes.size() == 1; }));
  CHECK(w.until_locked());
}

TEST_CASE("the end of the watch lets the lock go; what comes later does no harm") {
  LockedWorld w;
  w.go_to_sleep();
  w.watch.reset();
  w.done();
  w.logind->prepare_for_sleep(false);
  CHECK(w.until([&w] { return w.logind->locks() == 0; }));
  w.settle();
  CHECK(w.wakes.empty());
}

TEST_CASE("the time asleep is what the two clocks differ by") {
  CHECK(system::time_asleep() >= 0ns);
}
