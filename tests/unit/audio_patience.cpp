// How long a device may be silent, and when a lost one is tried again.
#include <initializer_list>

#include <doctest/doctest.h>

#include "daemon/audio/backoff.hpp"
#include "daemon/audio/watchdog.hpp"

using gv::audio::Backoff;
using gv::audio::Retake;
using gv::audio::Watchdog;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;

}  // namespace

TEST_CASE("a lost device is tried at once, then soon, then seldom") {
  Backoff backoff;
  std::int64_t now = 100 * second;
  CHECK(backoff.lost(now, 0) == 0);
  for (const std::int64_t wait : {100, 200, 400, 800, 1600, 1600}) {
    CHECK(backoff.wait(now) == wait * ms);
    now += wait * ms;
  }
  CHECK(backoff.wait(160 * second) == 1600 * ms);
  CHECK(backoff.wait(161 * second) == 5 * second);
}

TEST_CASE("a device that works for moments only is not tried without a pause") {
  Backoff backoff;
  std::int64_t now = 100 * second;
  CHECK(backoff.lost(now, 99 * second) == 0);  // the first loss of all
  std::int64_t waited = 0;
  for (int losses = 0; losses < 10; ++losses) {
    const std::int64_t opened = now;
    now += 10 * ms;
    waited += backoff.lost(now, opened);
  }
  CHECK(waited > 10 * second);
  CHECK(backoff.lost(now + 11 * second, now) == 0);  // this one had worked
}

TEST_CASE("a device is dead after 2.5 s without progress, as often as one looks") {
  Watchdog watchdog;
  watchdog.progress(0);
  for (std::int64_t now = 0; now < 2500 * ms; now += 10 * ms)
    REQUIRE_FALSE(watchdog.expired(now));
  CHECK(watchdog.expired(2500 * ms));
  watchdog.progress(2500 * ms);
  CHECK_FALSE(watchdog.expired(3000 * ms));
  CHECK(watchdog.next_look() == 3500 * ms);
}

TEST_CASE("who was stopped does not blame the device") {
  Watchdog watchdog;
  watchdog.progress(0);
  CHECK_FALSE(watchdog.expired(60 * second));
  CHECK_FALSE(watchdog.expired(60 * second + 499 * ms));
}

TEST_CASE("a device has longer for its first sound: a Bluetooth headset takes 2 to 3 s") {
  Watchdog watchdog;
  watchdog.start(0);
  for (std::int64_t now = 0; now < 3500 * ms; now += 10 * ms)
    REQUIRE_FALSE(watchdog.expired(now));
  CHECK(watchdog.expired(3500 * ms));
  watchdog.progress(4 * second);
  for (std::int64_t now = 4 * second; now < 6500 * ms; now += 10 * ms)
    REQUIRE_FALSE(watchdog.expired(now));
  CHECK(watchdog.expired(6500 * ms));
}

TEST_CASE("a first choice that is lost again and again interrupts ever more seldom") {
  Retake retake;
  for (const std::int64_t wait : {5, 10, 20, 40, 60, 60}) {
    CHECK(retake.wait() == wait * second);
    retake.lost(3 * second);
  }
  retake.lost(31 * second);  // it had worked
  CHECK(retake.wait() == 5 * second);
}
