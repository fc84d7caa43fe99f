#include <doctest/doctest.h>

#include "daemon/audio/turn_tracker.hpp"

using gv::audio::Played;
using gv::audio::TurnTracker;

namespace {

constexpr unsigned second = 24000;

}  // namespace

TEST_CASE("a turn is played when the device has passed its end, silence not counted") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, second);
  CHECK(tracker.turn_open());
  tracker.add_silence(second / 2);  // the network was slow
  tracker.add_audio(1, second);
  tracker.end_turn(1);
  tracker.add_silence(second);
  CHECK_FALSE(tracker.turn_open());
  CHECK(tracker.end_awaited());
  CHECK(tracker.audio_end() == second * 5 / 2);

  tracker.advance(second, played);
  tracker.advance(second * 5 / 2 - 1, played);
  CHECK(played.empty());
  tracker.advance(second * 5 / 2, played);
  REQUIRE(played.size() == 1);
  CHECK(played[0].turn == 1);
  CHECK(played[0].heard_ms == 2000);
  CHECK_FALSE(played[0].cut);
  CHECK_FALSE(tracker.end_awaited());
}

TEST_CASE("an open turn is not played, however long the device runs") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, 100);
  tracker.advance(1000, played);
  CHECK(played.empty());
  tracker.end_turn(2);  // of another turn
  tracker.advance(1000, played);
  CHECK(played.empty());
  tracker.end_turn(1);
  tracker.advance(1000, played);
  CHECK(played.size() == 1);
}

TEST_CASE("a cut reports what was heard of every turn that had audio") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, second);
  tracker.end_turn(1);
  tracker.add_audio(2, second);
  tracker.end_turn(2);
  tracker.add_audio(3, second);
  const std::vector<std::uint64_t> dropped{3, 4};
  tracker.cut(second * 3 / 2, 77, dropped, played);
  REQUIRE(played.size() == 4);
  CHECK((played[0].turn == 1 && !played[0].cut && played[0].heard_ms == 1000));
  CHECK((played[1].turn == 2 && played[1].cut && played[1].heard_ms == 500));
  CHECK(played[1].silent_ns == 77);
  CHECK((played[2].turn == 3 && played[2].cut && played[2].heard_ms == 0));
  CHECK((played[3].turn == 4 && played[3].cut && played[3].heard_ms == 0));
  CHECK(tracker.written() == 0);
  played.clear();
  tracker.cut(0, 0, {}, played);
  CHECK(played.empty());
}

TEST_CASE("the start of the next turn ends one that was left open") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, 100);
  tracker.add_audio(2, 100);
  tracker.advance(150, played);
  REQUIRE(played.size() == 1);
  CHECK(played[0].turn == 1);
}

TEST_CASE("audio that is lost or dropped is not heard, and its turn was cut") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, second);
  tracker.end_turn(1);
  tracker.add_audio(2, second);
  tracker.lose(second * 3 / 2);
  tracker.drop_audio(2);
  tracker.end_turn(2);
  tracker.drop_audio(3);
  tracker.advance(tracker.written(), played);
  REQUIRE(played.size() == 2);
  CHECK(played[0].heard_ms == 1000);
  CHECK_FALSE(played[0].cut);
  CHECK(played[1].turn == 2);
  CHECK(played[1].heard_ms == 500);
  CHECK(played[1].cut);
  // The rest of an open turn may be heard.
  CHECK(tracker.turn_open());
  tracker.add_audio(3, second);
  tracker.end_turn(3);
  tracker.advance(tracker.written(), played);
  REQUIRE(played.size() == 3);
  CHECK(played[2].heard_ms == 1000);
  CHECK(played[2].cut);
}
