// What of the microphone goes out, and when: first words, presses, pace.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/feed_bench.hpp"

using namespace gv::test;
using gv::session::Pace;

TEST_CASE("nothing goes out that nobody asked for") {
  Line line;
  line.pass(1000);
  CHECK(line.marks.empty());
  CHECK(line.feed.due_ns() == 0);
}

TEST_CASE("live sound goes out as it comes") {
  Line line;
  line.send(line.now, false);
  for (int i = 1; i <= 50; ++i) {
    line.pass(20);
    CHECK(line.sent.size() == static_cast<std::size_t>(i));
  }
  CHECK(line.feed.due_ns() == 0);
}

TEST_CASE("what was said before there was a connection: whole, paced, and what follows behind it") {
  Line line;
  line.pass(2000);
  const auto begin = line.now;
  line.send(long_ago, false);
  line.pump();
  const std::size_t at_once = line.sent.size();
  CHECK(at_once <= 5);
  while (line.sent.size() < static_cast<std::size_t>(line.number)) {
    line.pass(20);
    const auto passed_ms = (line.now - begin) / ms;
    CHECK(line.sent.size() * 20 <= static_cast<std::size_t>(100 + 4 * passed_ms));
    REQUIRE(passed_ms < 2000);
  }
  // Late by 2 s, at a gain of 3 s a second.
  CHECK((line.now - begin) / ms >= 600);
  CHECK((line.now - begin) / ms <= 900);
  CHECK(line.whole(1, line.number));
  const std::size_t so_far = line.sent.size();
  line.pass(1000);
  CHECK(line.sent.size() == so_far + 50);
  CHECK(line.whole(1, line.number));
}

TEST_CASE("an activity: the sound from the press to the release between its marks") {
  Line line;
  line.pass(500);  // chunks 1 to 25
  line.send(line.now - 250 * ms, true);
  line.pass(300);
  line.feed.end(line.now - 10 * ms);
  line.pass(200);
  CHECK(line.marks == "(" + std::string(28, '.') + ")");
  CHECK(line.whole(13, 40));
  // Nothing goes out between activities, and nothing twice.
  line.pass(200);
  line.send(line.now - 1000 * ms, true);
  line.pass(100);
  line.feed.end(line.now);
  line.pass(400);
  CHECK(std::ranges::count(line.marks, '(') == 2);
  CHECK(line.marks.back() == ')');
  CHECK(line.sent[28] == 41);
  CHECK(std::ranges::is_sorted(line.sent));
}

TEST_CASE("the last sample may come out of the device after the release") {
  Line line;
  line.pass(100);
  line.send(line.now, true);
  line.pass(100);
  // Released in 10 ms; the device's sound is late by 100 ms.
  line.feed.end(line.now + 10 * ms);
  line.now += 100 * ms;
  line.pump();
  CHECK(line.marks.back() != ')');
  line.feed.heard(std::vector<std::int16_t>(320, 98), line.now - 80 * ms);
  line.pump();
  line.feed.heard(std::vector<std::int16_t>(320, 99), line.now - 60 * ms);
  line.pump();
  CHECK(line.marks.ends_with(".)"));
  CHECK(line.sent.back() == 98);
}

TEST_CASE("an activity ends without another sound, too") {
  Line line;
  line.pass(100);
  line.send(line.now, true);
  line.pass(60);
  line.feed.end(line.now + 5 * ms);
  line.pass(304, false);
  CHECK(line.marks == "(...");
  line.pass(2, false);
  CHECK(line.marks == "(...)");
  CHECK(line.feed.due_ns() == 0);
}

TEST_CASE("an activity in which nothing was heard is not sent at all") {
  Line line;
  line.send(line.now, true);
  line.pass(50, false);
  line.feed.end(line.now);
  line.pass(400, false);
  CHECK(line.marks == "o");
}

TEST_CASE("an activity whose microphone stalls goes on in silence") {
  Line line;
  line.pass(100);
  line.send(line.now, true);
  line.pass(100);
  const std::size_t heard = line.sent.size();
  line.pass(490, false);
  CHECK(line.sent.size() == heard);
  line.pass(1010, false);
  CHECK(line.sent.size() == heard + 11);
  CHECK(line.sent.back() == 0);
  line.feed.end(line.now);
  line.pass(400, false);
  CHECK(line.marks.back() == ')');
}

TEST_CASE("presses that waited for a connection come one after another, each in its marks") {
  Line line;
  line.pass(3000);
  const auto t = line.now;
  line.send(t - 3000 * ms, true);
  line.feed.end(t - 2500 * ms);
  line.send(t - 1000 * ms, true);
  line.feed.end(t - 600 * ms);
  line.pass(1000);
  CHECK(line.marks == "(" + std::string(25, '.') + ")(" + std::string(20, '.') + ")");
}

TEST_CASE("cut drops what waits and says whether an activity is open at the service") {
  Line line;
  line.pass(1000);
  CHECK_FALSE(line.feed.cut());
  line.send(line.now, true);
  CHECK_FALSE(line.feed.cut());  // the service knows nothing of it yet
  line.send(line.now - 500 * ms, true);
  line.pump();
  CHECK(line.feed.cut());
  CHECK_FALSE(line.feed.cut());
  const std::size_t sent = line.sent.size();
  line.pass(100);
  CHECK(line.sent.size() == sent);
  line.send(line.now, false);
  line.pass(20);
  CHECK_FALSE(line.feed.cut());
}

TEST_CASE("a new connection gets again what the old one got") {
  Line line;
  line.pass(200);
  line.send(long_ago, true);
  line.pass(400);
  CHECK(line.whole(1, 30));
  line.feed.disconnected();
  line.pass(100);
  line.sent.clear();
  line.marks.clear();
  line.send(long_ago, true);
  line.pass(1000);
  CHECK(line.whole(1, line.number));
  CHECK(line.marks.starts_with("(."));
}

TEST_CASE("what was heard before the microphone was closed is not sent after it") {
  Line line;
  line.pass(1000);
  line.feed.forget();
  line.send(long_ago, false);
  line.pass(20);
  CHECK(line.whole(51, 51));
}

TEST_CASE("the pace has no memory of a long pause") {
  Pace pace;
  CHECK(pace.when(100 * ms, 1'000'000 * ms) == 1'000'000 * ms);
  pace.sent(100 * ms, 1'000'000 * ms);
  CHECK(pace.when(20 * ms, 1'000'000 * ms) == 1'000'005 * ms);
  pace.sent(20 * ms, 1'000'005 * ms);
  CHECK(pace.when(40 * ms, 1'000'005 * ms) == 1'000'015 * ms);
  CHECK(pace.when(100 * ms, 2'000'000 * ms) == 2'000'000 * ms);
  CHECK(pace.when(120 * ms, 2'000'000 * ms) == 2'000'005 * ms);
}
