// Which echo mode is in force and why: as configured, by headphones, by what is built in, by what
// the canceller has shown.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/session/echo_policy.hpp"

using namespace gv;
using namespace gv::session;
using config::Echo;

namespace {

EchoPolicy policy(Echo wanted, bool built_in) {
  EchoPolicy made;
  made.begin(wanted, built_in);
  return made;
}

audio::Levels levels(double erle_db, unsigned bad_s) {
  audio::Levels made;
  made.erle_db = erle_db;
  made.bad_s = bad_s;
  return made;
}

}  // namespace

TEST_CASE("as configured") {
  for (const bool headphones : {false, true}) {
    EchoPolicy off = policy(Echo::off, true);
    off.playing_to(headphones);
    CHECK(off.mode() == EchoMode::off);
    CHECK_FALSE(off.may_cancel());
    CHECK(off.why() == "configured");
    EchoPolicy half = policy(Echo::half_duplex, true);
    half.playing_to(headphones);
    CHECK(half.mode() == EchoMode::half_duplex);
    EchoPolicy cancel = policy(Echo::cancel, true);
    cancel.playing_to(headphones);
    CHECK(cancel.mode() == EchoMode::cancel);
    CHECK(cancel.may_cancel());
    cancel.measured(levels(1, 60));
    CHECK(cancel.mode() == EchoMode::cancel);
    CHECK(cancel.why() == "configured");
  }
}

TEST_CASE("auto: cancel for speakers, off for headphones, half-duplex without a canceller") {
  EchoPolicy echo = policy(Echo::automatic, true);
  CHECK(echo.mode() == EchoMode::cancel);
  CHECK(echo.why() == "no headphones are known of");
  echo.playing_to(true);
  CHECK(echo.mode() == EchoMode::off);
  CHECK(echo.why() == "headphones are plugged in");
  CHECK(echo.may_cancel());  // the next speaker may be one
  echo.plugged(false);
  CHECK(echo.mode() == EchoMode::cancel);
  const EchoPolicy without = policy(Echo::automatic, false);
  CHECK(without.mode() == EchoMode::half_duplex);
  CHECK(without.why() == "no echo cancellation is built in");
}

TEST_CASE("a library that does not start is no canceller") {
  for (const Echo wanted : {Echo::automatic, Echo::cancel}) {
    EchoPolicy echo = policy(wanted, true);
    echo.no_canceller();
    CHECK(echo.mode() == EchoMode::half_duplex);
    CHECK(echo.why() == "the echo canceller does not start");
    CHECK_FALSE(echo.may_cancel());
    echo.begin(wanted, true);  // it is tried again
    CHECK(echo.mode() == EchoMode::cancel);
  }
}

TEST_CASE("a canceller that leaves the echo is given up, for this session and this speaker") {
  EchoPolicy echo = policy(Echo::automatic, true);
  echo.measured(levels(3, 4));
  CHECK(echo.mode() == EchoMode::cancel);
  echo.measured(levels(2.6, 5));
  CHECK(echo.mode() == EchoMode::half_duplex);
  CHECK(echo.why() == "the canceller takes only 3 dB of the echo away");
  echo.measured({});  // nothing is measured now
  CHECK(echo.mode() == EchoMode::half_duplex);
  SUBCASE("another speaker") {
    echo.playing_to(false);
    CHECK(echo.mode() == EchoMode::cancel);
  }
  SUBCASE("another session") {
    echo.begin(Echo::automatic, true);
    CHECK(echo.mode() == EchoMode::cancel);
  }
  SUBCASE("headphones") {
    echo.plugged(true);
    CHECK(echo.mode() == EchoMode::off);
  }
}
