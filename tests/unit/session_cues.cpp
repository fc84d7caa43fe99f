#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
// When an earcon is due.
#include <doctest/doctest.h>

#include "tests/unit/listening_bench.hpp"

using namespace gv;
using namespace gv::test;
using action::Cue;

namespace {

std::vector<Cue> cues(const Bench& bench) {
  std::vector<Cue> rung;
  for (const auto& ring : bench.all<action::Ring>())
    rung.push_back(ring.cue);
  return rung;
}

}  // namespace

TEST_CASE("a session rings once when it listens, and once at its end while the speaker is open") {
  Bench b;
  b.step(Bench::start_with());
  b.step(input::PlaybackOpened{});
  b.step(input::CaptureOpened{});
  b.step(input::TransportOpened{});
  CHECK(cues(b).empty());
  b.message({live::SetupComplete{}});
  CHECK(cues(b) == std::vector{Cue::started});
  b.answer();
  CHECK(cues(b).size() == 1);
  b.forget();
  b.step(input::Stop{});
  CHECK(cues(b) == std::vector{Cue::stopped});
  // Before the order that closes it.
  const auto place = [&b]<class T>(T) {
    return std::find_if(b.seen.begin(), b.seen.end(),
                        [](const Action& one) { return std::holds_alternative<T>(one); });
  };
  CHECK(place(action::Ring{}) < place(action::ClosePlayback{}));
}

TEST_CASE("muting rings, and what changes nothing or is of the talk key alone does not") {
  Listening b;
  b.step(input::Mute{true});
  b.step(input::Mute{true});
  b.step(input::CaptureClosed{});
  CHECK(cues(b) == std::vector{Cue::muted});
  b.step(input::Talk{true});
  b.step(input::CaptureOpened{});
  CHECK_FALSE(b.machine.status().muted);
  b.wait_ms(2000);
  b.step(input::Talk{false});
  CHECK(cues(b) == std::vector{Cue::muted});
  b.step(input::Mute{true});
  b.forget();
  b.step(input::Mute{false});
  CHECK(cues(b) == std::vector{Cue::unmuted});
}

TEST_CASE("who was never ready does not ring, nor does a speaker that is not open") {
  SUBCASE("stopped while it connects") {
    Bench b;
    b.step(Bench::start_with());
    b.step(input::PlaybackOpened{});
    b.step(input::Mute{true});
    b.step(input::Stop{});
    CHECK(cues(b).empty());
  }
  SUBCASE("lost") {
    Listening b;
    b.step(input::PlaybackLost{{Error::device_unavailable, "gone"}});
    b.step(input::Mute{true});
    b.step(input::Stop{});
    CHECK(cues(b).empty());
  }
  SUBCASE("no session") {
    Bench b;
    b.step(input::Mute{true});
    CHECK(cues(b).empty());
  }
  SUBCASE("an end with an error rings as the error does") {
    Listening b;
    b.step(input::PlaybackFailed{{Error::device_unavailable, "gone"}});
    CHECK(cues(b).empty());
  }
}
