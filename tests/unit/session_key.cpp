// The machine: a session whose API key is still being looked for.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::Bench;

namespace {

input::Start without_key() {
  input::Start start = Bench::start_with();
  start.key_ready = false;
  return start;
}

const Failure none{Error::no_api_key, "the keyring is locked"};

}  // namespace

TEST_CASE("without its key a session opens its devices, and connects when the key is there") {
  Bench bench;
  bench.step(without_key());
  CHECK(bench.state() == State::connecting);
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
  CHECK_FALSE(bench.any<action::OpenTransport>());
  CHECK(bench.timer(Timer::setup).count() == -1);  // there is nothing to be late yet
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  CHECK(bench.state() == State::connecting);
  bench.step(input::KeyFound{});
  CHECK(bench.all<action::OpenTransport>().size() == 1);
  CHECK(bench.timer(Timer::setup).count() > 0);
  bench.step(input::TransportOpened{});
  bench.message({live::SetupComplete{}});
  CHECK(bench.state() == State::listening);
  bench.step(input::Stop{});
  CHECK_FALSE(bench.any<action::StopKeySearch>());  // it is over
}

TEST_CASE("a key that does not come ends the session with NoApiKey") {
  Bench bench;
  bench.step(without_key());
  bench.step(input::PlaybackOpened{});
  bench.step(input::KeyMissing{none});
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.all<action::Report>()[0].failure.error == Error::no_api_key);
  CHECK(bench.machine.status().last_error.message == none.message);
  CHECK_FALSE(bench.any<action::OpenTransport>());
  CHECK_FALSE(bench.any<action::StopKeySearch>());  // it is over
  bench.release();
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::error);
  CHECK(bench.state() == State::idle);
}

TEST_CASE("stop ends the search, and what comes of it later is nobody's") {
  Bench bench;
  bench.step(without_key());
  bench.step(input::Stop{});
  CHECK(bench.all<action::StopKeySearch>().size() == 1);
  bench.release();
  CHECK(bench.all<action::Ended>().at(0).reason == EndReason::user);
  bench.forget();
  bench.step(input::KeyFound{});
  bench.step(input::KeyMissing{none});
  CHECK(bench.seen.empty());
  bench.begin();  // the next one has its key
  CHECK(bench.state() == State::listening);
}

TEST_CASE("a computer that sleeps meanwhile does not connect without a key") {
  Bench bench;
  bench.step(without_key());
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.step(input::Woke{std::chrono::seconds(5)});
  CHECK_FALSE(bench.any<action::OpenTransport>());
  CHECK(bench.state() == State::connecting);
  bench.step(input::KeyFound{});
  CHECK(bench.all<action::OpenTransport>().size() == 1);

  Bench asleep;
  asleep.step(without_key());
  asleep.step(input::GoingToSleep{});
  asleep.release();
  asleep.step(input::KeyFound{});
  CHECK_FALSE(asleep.any<action::OpenTransport>());
  asleep.step(input::Woke{std::chrono::seconds(5)});
  CHECK(asleep.all<action::OpenTransport>().size() == 1);
}

TEST_CASE("who types a password is not idle") {
  Bench bench;
  auto start = without_key();
  start.limits.idle_timeout = std::chrono::seconds(30);
  bench.step(start);
  bench.wait_ms(31'000);
  bench.step(input::TimerFired{Timer::idle});
  CHECK(bench.state() == State::connecting);
  CHECK_FALSE(bench.any<action::StopKeySearch>());
}
