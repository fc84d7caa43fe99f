// Which echo mode is in force: as configured, by headphones, by what is built in.
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
