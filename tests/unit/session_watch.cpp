// What the machine watches over: the service's reaction, sleep, the network, the devices.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/unit/listening_bench.hpp"

using namespace gv;
using namespace gv::session;
using namespace gv::test;
using std::chrono::milliseconds;

TEST_CASE("a connection that changes while the service does not react is watched anew") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  bench.step(closed(1011, "Deadline expired before operation could complete."));
  bench.connected();
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
}

TEST_CASE("no reaction to speech: a nudge, a new connection, and then a word to the user") {
  Listening bench;
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
  bench.wait_ms(8000);
  bench.fire(Timer::reaction);
  CHECK(bench.machine.counters().stalls == 1);
  CHECK(bench.sent("audioStreamEnd"));
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.wait_ms(5000);
  bench.fire(Timer::reaction);
  CHECK(bench.any<action::CloseTransport>());
  CHECK_FALSE(bench.any<action::Report>());
  bench.connected();
  REQUIRE(bench.all<action::Report>().size() == 1);
  CHECK(bench.all<action::Report>()[0].failure.message.find("say it again") != std::string::npos);
  // A room that is only noisy does not make it go on like that.
  bench.forget();
  bench.message({live::ResumptionUpdate{"h2", true}});
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
}

TEST_CASE("a reaction calms the watchdog, a handle or a bill does not; a cough does not wake it") {
  Listening bench;
  bench.step(input::Voice{true});
  bench.wait_ms(600);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.message({live::InputTranscription{"well"}});
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(-1));
  bench.message({live::TurnComplete{}});
  bench.wait_ms(1000);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == milliseconds(8000));
  bench.forget();
  bench.message({live::ResumptionUpdate{"", false}, live::Usage{.audio_in = 5, .audio_out = 5}});
  bench.message({live::GoAway{milliseconds(50'000)}});
  CHECK_FALSE(bench.any<action::CancelTimer>());
  bench.message({live::OutputTranscription{"yes"}});
  CHECK(bench.any<action::CancelTimer>());
}

TEST_CASE("a long sleep that nobody announced: the connection only looks alive") {
  Listening bench;
  bench.step(input::Woke{milliseconds(5'000)});
  CHECK_FALSE(bench.any<action::OpenTransport>());
  bench.step(input::Woke{milliseconds(60'000)});
  REQUIRE(bench.all<action::CloseTransport>().size() == 1);
  CHECK(bench.all<action::CloseTransport>()[0].abrupt);
  CHECK(bench.any<action::OpenTransport>());
}

TEST_CASE("a sleep longer than idle_timeout ends the session, announced or not") {
  auto start = Bench::start_with();
  start.limits.idle_timeout = milliseconds(600'000);
  Listening bench(start);
  bench.step(input::Woke{milliseconds(601'000)});
  CHECK(bench.state() == State::idle);
}

TEST_CASE("devices that stay away after waking: the user is told once, and it goes on slower") {
  Listening bench;
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.step(input::Woke{milliseconds(60'000)});
  bench.step(input::CaptureOpened{});
  bench.forget();
  for (int i = 0; i < 30; ++i) {
    bench.step(input::PlaybackFailed{{Error::device_unavailable, "not yet"}});
    bench.fire(Timer::reopen);
  }
  CHECK(bench.all<action::Report>().size() == 1);
  CHECK(bench.timer(Timer::reopen) == milliseconds(5000));
  CHECK(bench.machine.running());
  bench.step(input::PlaybackOpened{});
  CHECK_FALSE(bench.machine.status().last_error);
}

TEST_CASE("waking is over when what is wanted is there, and not before") {
  const input::PlaybackFailed no_speaker{{Error::device_unavailable, "no speaker"}};
  const input::CaptureFailed no_microphone{{Error::device_unavailable, "no microphone"}};
  Listening bench;
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.step(input::Woke{milliseconds(60'000)});
  for (int i = 0; i < 10; ++i) {
    bench.step(no_microphone);
    bench.fire(Timer::reopen);
  }
  bench.step(input::PlaybackOpened{});
  CHECK(bench.machine.status().last_error.message == "no microphone");
  bench.step(input::Mute{true});
  bench.step(input::CaptureClosed{});
  bench.forget();
  bench.step(input::Mute{false});
  bench.step(no_microphone);  // an ordinary failure again
  CHECK(bench.machine.status().muted);
  CHECK(bench.all<action::Report>().size() == 1);
}

TEST_CASE("an outage that is over leaves the trouble of a device to be seen") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::CaptureLost{{Error::device_unavailable, "the microphone is gone"}});
  bench.step(closed(1006));
  CHECK(bench.machine.status().last_error.error == Error::network_unavailable);
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
  bench.step(input::CaptureOpened{});
  CHECK_FALSE(bench.machine.status().last_error);
}

TEST_CASE("a connection that is back says nothing about a device that is not") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.step(input::CaptureLost{{Error::device_unavailable, "the microphone is gone"}});
  bench.fire(Timer::retry);
  bench.connected();
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
}

TEST_CASE("sleep closes everything, waking opens it again and goes on") {
  Listening bench;
  bench.answer();
  bench.forget();
  bench.step(input::GoingToSleep{});
  CHECK(bench.any<action::CloseTransport>());
  CHECK(bench.any<action::CloseCapture>());
  CHECK(bench.any<action::ClosePlayback>());
  CHECK(bench.state() == State::reconnecting);
  bench.release();
  bench.step(input::Played{1, 10});
  bench.forget();
  bench.step(input::Woke{milliseconds(60'000)});
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
  bench.connected();
  CHECK(bench.setup().find(R"("handle":"h1")") != std::string::npos);
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  CHECK(bench.state() == State::listening);
}

TEST_CASE("devices that are not there yet after waking are waited for") {
  Listening bench;
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.step(input::Woke{milliseconds(60'000)});
  bench.forget();
  bench.step(input::PlaybackFailed{{Error::device_unavailable, "not yet"}});
  bench.step(input::CaptureFailed{{Error::device_unavailable, "not yet"}});
  CHECK(bench.machine.running());
  CHECK_FALSE(bench.machine.status().muted);
  CHECK(bench.timer(Timer::reopen) == milliseconds(1000));
  bench.fire(Timer::reopen);
  CHECK(bench.any<action::OpenCapture>());
  CHECK(bench.any<action::OpenPlayback>());
}

TEST_CASE("after a sleep longer than idle_timeout no microphone opens by itself") {
  auto start = Bench::start_with();
  start.limits.idle_timeout = milliseconds(180'000);
  Listening bench(start);
  bench.step(input::GoingToSleep{});
  bench.release();
  bench.forget();
  bench.step(input::Woke{milliseconds(181'000)});
  CHECK(bench.state() == State::idle);
  CHECK_FALSE(bench.any<action::OpenCapture>());
  REQUIRE(bench.all<action::Ended>().size() == 1);
  CHECK(bench.all<action::Ended>()[0].reason == EndReason::idle);
}

TEST_CASE("with another network the attempts begin anew") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  for (int i = 0; i < 8; ++i) {
    bench.fire(Timer::retry);
    bench.step(unreachable());
  }
  CHECK(bench.timer(Timer::retry) > milliseconds(20'000));
  bench.step(input::NetworkChanged{false});
  bench.step(unreachable());
  CHECK(bench.timer(Timer::retry) < milliseconds(1'000));
}

TEST_CASE("a lost address: a new connection at once; a new one ends the waiting") {
  Listening bench;
  bench.wait_ms(60'000);
  bench.step(input::NetworkChanged{true});
  REQUIRE(bench.all<action::CloseTransport>().size() == 1);
  CHECK(bench.all<action::CloseTransport>()[0].abrupt);
  CHECK(bench.any<action::OpenTransport>());
  CHECK(bench.state() == State::reconnecting);
  bench.step(unreachable());
  CHECK(bench.timer(Timer::retry) > milliseconds(0));
  bench.forget();
  bench.step(input::NetworkChanged{false});
  bench.connected();
  CHECK(bench.state() == State::listening);
}

TEST_CASE("a lost device leaves the conversation running and is told once") {
  Listening bench;
  bench.step(input::CaptureLost{{Error::device_unavailable, "gone"}});
  CHECK(bench.state() == State::listening);
  CHECK_FALSE(bench.machine.status().capture_open);
  CHECK(bench.machine.status().last_error.error == Error::device_unavailable);
  CHECK(bench.all<action::Report>().size() == 1);
  bench.step(input::CaptureOpened{});
  CHECK(bench.machine.status().capture_open);
  CHECK_FALSE(bench.machine.status().last_error);
  bench.step(input::PlaybackLost{{Error::device_unavailable, "gone"}});
  CHECK(bench.state() == State::listening);
  bench.step(input::Stop{});
  bench.step(input::CaptureClosed{});
  bench.step(input::PlaybackClosed{});
  CHECK(bench.any<action::Ended>());
}

TEST_CASE("a session that is reconnecting ends when asked, and after idle_timeout") {
  auto start = Bench::start_with();
  start.limits.idle_timeout = milliseconds(180'000);
  Listening bench(start);
  bench.wait_ms(60'000);
  bench.step(closed(1006));
  bench.wait_ms(100'000);
  bench.fire(Timer::retry);
  bench.connected();  // no activity of anybody's
  bench.step(closed(1006));
  bench.wait_ms(20'000);
  bench.fire(Timer::idle);
  CHECK(bench.state() == State::idle);
  bench.forget();
  bench.fire(Timer::retry);
  CHECK_FALSE(bench.any<action::OpenTransport>());
}
