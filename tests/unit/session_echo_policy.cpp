// Which echo mode is in force: as configured, by headphones, by what is built in and measured.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/session/echo_policy.hpp"

using namespace gv;
using namespace gv::session;

namespace {

EchoPolicy policy(config::Echo wanted, bool built_in) {
  EchoPolicy made;
  made.begin(wanted, built_in);
  return made;
}

// Seconds of an answer, looked at ten times each.
void listen(EchoPolicy& echo, double seconds, audio::Levels levels, std::int64_t& now_ns) {
  for (int i = 0; i < seconds * 10; ++i) {
    now_ns += 100'000'000;
    echo.measured(levels, now_ns);
  }
}

audio::Levels levels(double erle_db, double coupling_db, double speaker_dbfs = -20) {
  return {-30, speaker_dbfs, erle_db, coupling_db};
}

}  // namespace

TEST_CASE("as configured") {
  using config::Echo;
  for (const bool headphones : {false, true}) {
    EchoPolicy off = policy(Echo::off, true);
    off.playing_to(headphones);
    CHECK(off.mode() == EchoMode::off);
    CHECK_FALSE(off.may_cancel());
    EchoPolicy half = policy(Echo::half_duplex, true);
    half.playing_to(headphones);
    CHECK(half.mode() == EchoMode::half_duplex);
    EchoPolicy cancel = policy(Echo::cancel, true);
    cancel.playing_to(headphones);
    CHECK(cancel.mode() == EchoMode::cancel);
    CHECK(cancel.may_cancel());
  }
}

TEST_CASE("auto: cancel for speakers, off for headphones, half-duplex without a canceller") {
  EchoPolicy echo = policy(config::Echo::automatic, true);
  CHECK(echo.mode() == EchoMode::cancel);
  echo.playing_to(true);
  CHECK(echo.mode() == EchoMode::off);
  CHECK(echo.may_cancel());  // the next speaker may be one
  echo.playing_to(false);
  CHECK(echo.mode() == EchoMode::cancel);
  CHECK(policy(config::Echo::automatic, false).mode() == EchoMode::half_duplex);
}

TEST_CASE("auto: a canceller that does not work is given up, for this session") {
  std::int64_t now_ns = 1'000'000'000;
  EchoPolicy echo = policy(config::Echo::automatic, true);
  listen(echo, 7, levels(3, -10), now_ns);
  CHECK(echo.mode() == EchoMode::cancel);
  listen(echo, 2, levels(3, -10), now_ns);
  CHECK(echo.mode() == EchoMode::half_duplex);
  listen(echo, 20, levels(40, -10), now_ns);
  CHECK(echo.mode() == EchoMode::half_duplex);
  echo.begin(config::Echo::automatic, true);
  CHECK(echo.mode() == EchoMode::cancel);
}

TEST_CASE("not given up: good, learning, hardly an echo, unknown, or nothing is played") {
  std::int64_t now_ns = 1'000'000'000;
  EchoPolicy echo = policy(config::Echo::automatic, true);
  for (int i = 0; i < 5; ++i) {
    listen(echo, 7, levels(3, -10), now_ns);
    listen(echo, 0.2, levels(25, -10), now_ns);
  }
  listen(echo, 60, levels(3, -60), now_ns);
  listen(echo, 60, {-30, -20, {}, {}}, now_ns);
  listen(echo, 5, levels(3, -10), now_ns);
  listen(echo, 60, levels(3, -10, -96), now_ns);
  now_ns += 60'000'000'000;
  listen(echo, 1, levels(3, -10), now_ns);
  CHECK(echo.mode() == EchoMode::cancel);
  EchoPolicy wanted = policy(config::Echo::cancel, true);
  listen(wanted, 60, levels(3, -10), now_ns);
  CHECK(wanted.mode() == EchoMode::cancel);
}
