// What the service gets late, what of it in pieces, and what not at all.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/feed_bench.hpp"

using namespace gv::test;

TEST_CASE("a network that takes nothing: live sound is dropped, late sound and presses wait") {
  Line line(false);
  SUBCASE("live") {
    line.send(line.now, false);
    line.unsent = 49UL * 1024;
    line.pass(1000);
    CHECK(line.dropped == 16000);
    CHECK(line.sent.empty());
    line.unsent = 0;
    line.pass(100);
    CHECK(line.whole(51, 55));
  }
  SUBCASE("late") {
    line.pass(1000);
    line.send(long_ago, false);
    line.unsent = 13UL * 1024;
    line.pass(1000, false);
    CHECK(line.sent.empty());
    line.unsent = 0;
    line.pass(1000, false);
    CHECK(line.whole(1, 50));
    CHECK(line.dropped == 0);
  }
  SUBCASE("a press") {
    line.send(line.now, true);
    line.unsent = 49UL * 1024;
    line.pass(1000);
    CHECK(line.sent.empty());
    line.unsent = 0;
    line.pass(1000);
    CHECK(line.whole(1, line.number));
    CHECK(line.dropped == 0);
  }
}

TEST_CASE(
    "a slow network: the first words whole, then gaps, and never more than two seconds late") {
  Line line(false);
  line.rate = 30;  // of the 46 that live sound needs
  line.pass(3000);
  line.send(long_ago, false);
  line.pass(7000);
  CHECK(std::ranges::includes(line.sent, std::vector<int>{1, 2, 75, 149, 150}));
  CHECK(std::ranges::find(line.sent, 150) - line.sent.begin() == 149);
  line.pass(20'000);
  CHECK(line.dropped > 0);
  for (int i = 0; i < 500; ++i) {
    line.pass(20);
    REQUIRE(line.oldest_ms <= 2100);
  }
  // All of it was sent or is counted, but for what waits.
  const auto missing = static_cast<std::size_t>(line.number) * 320 - line.sent.size() * 320;
  CHECK(missing - line.dropped <= 2100 * 16);
  // In few pieces: most of what is sent follows upon what was sent before.
  int gaps = 0;
  for (std::size_t i = 1; i < line.sent.size(); ++i)
    gaps += line.sent[i] == line.sent[i - 1] + 1 ? 0 : 1;
  CHECK(gaps > 0);
  CHECK(gaps < 30);
  // And when it is fast again, it catches up.
  line.rate = 1000;
  line.pass(3000);
  CHECK(line.oldest_ms == 0);
}

TEST_CASE("what has to go because the network stands still is counted") {
  Line line(false);
  line.pass(1000);
  line.send(long_ago, false);
  line.unsent = 13UL * 1024;
  line.pass(9000, true);
  CHECK(line.dropped == 0);
  line.pass(500, true);
  CHECK(line.dropped == 8000);
}

TEST_CASE("a press that waited has no sound of when the key was up") {
  Line line;
  line.pass(1000);
  const auto released = line.now;
  SUBCASE("the microphone was not open yet") {
    line.feed.forget();
    line.pass(1000);
    line.send(released - 400 * ms, true, released);
    line.pass(400);
    CHECK(line.marks == "o");
  }
  SUBCASE("its sound is gone") {
    line.pass(31'000);
    line.send(released - 400 * ms, true, released);
    line.pass(400);
    CHECK(line.marks == "o");
  }
  SUBCASE("the next one follows at once") {
    line.pass(100);
    line.send(released - 400 * ms, true, released);
    line.send(released + 50 * ms, true);
    line.pass(300);
    CHECK(line.marks.starts_with("(" + std::string(20, '.') + ")(."));
    REQUIRE(line.sent.size() > 21);
    CHECK(line.sent[19] == 50);
    CHECK(line.sent[20] == 53);
  }
}

TEST_CASE(
    "by key, what is said waits for long: what is heard with the key up does not push it out") {
  Line line;
  line.feed.key(false, line.now);
  line.pass(10'000);
  const auto pressed = line.now;
  line.feed.key(true, pressed);
  line.pass(3000);
  const auto released = line.now;
  line.feed.key(false, released);
  line.pass(300'000);
  line.send(pressed - 250 * ms, true, released);
  line.pass(3000);
  CHECK(line.marks == "(" + std::string(163, '.') + ")");  // the pre-roll ends within a chunk
  CHECK(line.whole(488, 650));
}

TEST_CASE("what is no activity may have an end, too") {
  Line line(false);
  line.pass(100);
  line.send(line.now, false);
  line.pass(400);
  line.feed.end(line.now - 10 * ms);
  line.pass(400);
  CHECK(line.marks == std::string(20, '.') + "|");
}

TEST_CASE("first words that a lost connection did not get are for the next one") {
  Line line(false);
  line.pass(4000);
  line.send(long_ago, false);
  line.pass(200);
  CHECK(line.sent.size() < 60);
  line.feed.disconnected();
  line.pass(1000);
  const auto got = line.sent.size();
  SUBCASE("") {
    line.send(line.now - 300 * ms, false);
    line.pass(3000);
    CHECK(line.whole(1, line.number));
  }
  SUBCASE("but not when it is long ago") {
    line.pass(10'000);
    line.send(line.now - 300 * ms, false);
    line.pass(1000);
    CHECK(line.sent[got] > line.number - 100);
  }
  SUBCASE("nor what was heard before the microphone was closed") {
    line.feed.forget();
    line.pass(500);
    line.send(line.now - 300 * ms, false);
    line.pass(20);
    CHECK(line.sent[got] == line.number - 15);
  }
}
