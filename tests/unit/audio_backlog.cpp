#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/backlog.hpp"
#include "daemon/audio/turn_tracker.hpp"

using gv::audio::Backlog;
using gv::audio::Played;
using gv::audio::TurnTracker;

TEST_CASE("what was taken back is read before the rest, with its turns' beginnings and ends") {
  Backlog backlog;
  std::vector<std::int16_t> out(3);
  backlog.push_back({7, {1, 2, 3, 4}, 99, true});
  auto got = backlog.read(out);
  CHECK(got.frames == 3);
  CHECK(got.first_of_turn);
  CHECK(got.received_ns == 99);
  CHECK_FALSE(got.end_of_turn);
  backlog.push_front({{6, {8, 9}, std::nullopt, true}});
  CHECK(backlog.frames() == 3);
  CHECK(backlog.turn_end_queued());
  std::vector<std::int16_t> all(9);
  CHECK(backlog.peek(all) == 3);
  CHECK(all[0] == 8);
  CHECK(all[2] == 4);
  got = backlog.read(out);
  CHECK(got.turn == 6);
  CHECK(got.frames == 2);
  CHECK_FALSE(got.first_of_turn);
  CHECK(got.end_of_turn);
  got = backlog.read(out);
  CHECK(got.turn == 7);
  CHECK(out[0] == 4);
  CHECK_FALSE(got.first_of_turn);
  CHECK(got.end_of_turn);
  CHECK(backlog.empty());
  CHECK_FALSE(backlog.read(out));
}

TEST_CASE("the turns of what is dropped are named, each once") {
  Backlog backlog;
  backlog.push_back({1, {1}, std::nullopt, false});
  backlog.push_back({1, {1}, std::nullopt, true});
  backlog.push_back({2, {}, std::nullopt, true});
  backlog.push_back({3, {1}, std::nullopt, false});
  std::vector<std::uint64_t> dropped;
  backlog.drop(dropped);
  CHECK(dropped == std::vector<std::uint64_t>{1, 3});
  CHECK(backlog.empty());
  CHECK(backlog.frames() == 0);
}

TEST_CASE("a tracker forgets what is taken back, and the end that came with it") {
  TurnTracker tracker;
  std::vector<Played> played;
  tracker.add_audio(1, 1000);
  tracker.add_silence(100);
  tracker.add_audio(1, 1000);
  tracker.end_turn(1);
  tracker.add_audio(2, 500);
  tracker.end_turn(2);
  const auto taken = tracker.take_back(1600);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].turn == 1);
  CHECK(taken[0].begin == 1600);
  CHECK(taken[0].end == 2100);
  CHECK(taken[0].ended);
  CHECK(taken[1].turn == 2);
  CHECK(taken[1].begin == 2100);
  CHECK(taken[1].ended);
  CHECK(tracker.written() == 1600);
  CHECK(tracker.audio_end() == 1600);
  CHECK(tracker.turn_open());
  CHECK_FALSE(tracker.end_awaited());
  tracker.add_silence(24000);
  tracker.advance(tracker.written(), played);
  CHECK(played.empty());  // held: not ended, however long it takes
  tracker.add_audio(1, 500);
  tracker.end_turn(1);
  tracker.add_audio(2, 500);
  tracker.end_turn(2);
  tracker.advance(tracker.written(), played);
  REQUIRE(played.size() == 2);
  CHECK(played[0].turn == 1);
  CHECK(played[0].heard_ms == 2000 / 24);
  CHECK(played[1].heard_ms == 500 / 24);
}

TEST_CASE("a turn that has ended before is not opened again") {
  TurnTracker tracker;
  tracker.add_audio(1, 1000);
  tracker.end_turn(1);
  tracker.add_silence(500);
  CHECK(tracker.take_back(1000).empty());
  CHECK_FALSE(tracker.turn_open());
  CHECK(tracker.end_awaited());
  CHECK(tracker.written() == 1000);
}
