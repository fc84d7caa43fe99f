// What of the microphone goes out, and when: first words, presses, pace.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/session/microphone_feed.hpp"

using gv::session::MicrophoneFeed;
using gv::session::Pace;
using Kind = MicrophoneFeed::Kind;

namespace {

constexpr std::int64_t ms = 1'000'000;  // ns
constexpr std::int64_t long_ago = -1;

// A microphone that numbers its chunks of 20 ms, and a service that writes down what it gets.
struct Line {
  MicrophoneFeed feed;
  std::int64_t now = 100'000 * ms;
  std::int16_t number = 0;
  std::size_t unsent = 0;
  std::vector<int> sent;    // numbers of chunks; 0: silence
  std::string marks;        // ( and ) around activities, . for each chunk, o for an empty one
  std::size_t dropped = 0;  // samples

  Line() { feed.keep_at_most(MicrophoneFeed::kept_frames_by_key); }

  void pump() {
    while (const auto piece = feed.next(now, unsent)) {
      switch (piece->kind) {
        case Kind::audio:
          marks += '.';
          sent.push_back(piece->samples.front());
          break;
        case Kind::activity_start:
          marks += '(';
          break;
        case Kind::activity_end:
          marks += ')';
          break;
        case Kind::empty_activity:
          marks += 'o';
          break;
        case Kind::dropped_audio:
          dropped += piece->samples.size();
          break;
      }
    }
  }
  // With the driver's timer; hearing: the microphone goes on.
  void pass(std::int64_t length_ms, bool hearing = true) {
    const auto end = now + length_ms * ms;
    auto next_chunk = now + 20 * ms;
    while (now < end) {
      const auto due = feed.due_ns();
      now = std::min(end, next_chunk);
      if (due != 0) now = std::min(now, std::max(due, now - 20 * ms));
      if (hearing && now == next_chunk) {
        feed.heard(std::vector<std::int16_t>(320, ++number), now);
      }
      if (now == next_chunk) next_chunk += 20 * ms;
      pump();
    }
  }
  bool whole(int from, int to) const {
    if (static_cast<int>(sent.size()) != to - from + 1) return false;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (sent[i] != from + static_cast<int>(i)) return false;
    }
    return true;
  }
};

}  // namespace

TEST_CASE("nothing goes out that nobody asked for") {
  Line line;
  line.pass(1000);
  CHECK(line.marks.empty());
  CHECK(line.feed.due_ns() == 0);
}

TEST_CASE("live sound goes out as it comes") {
  Line line;
  line.feed.send(line.now, false);
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
  line.feed.send(long_ago, false);
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
  line.feed.send(line.now - 250 * ms, true);
  line.pass(300);
  line.feed.end(line.now - 10 * ms);
  line.pass(200);
  CHECK(line.marks == "(" + std::string(28, '.') + ")");
  CHECK(line.whole(13, 40));
  // Nothing goes out between activities, and nothing twice.
  line.pass(200);
  line.feed.send(line.now - 1000 * ms, true);
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
  line.feed.send(line.now, true);
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
  line.feed.send(line.now, true);
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
  line.feed.send(line.now, true);
  line.pass(50, false);
  line.feed.end(line.now);
  line.pass(400, false);
  CHECK(line.marks == "o");
}

TEST_CASE("an activity whose microphone stalls goes on in silence") {
  Line line;
  line.pass(100);
  line.feed.send(line.now, true);
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
  line.feed.send(t - 3000 * ms, true);
  line.feed.end(t - 2500 * ms);
  line.feed.send(t - 1000 * ms, true);
  line.feed.end(t - 600 * ms);
  line.pass(1000);
  CHECK(line.marks == "(" + std::string(25, '.') + ")(" + std::string(20, '.') + ")");
}

TEST_CASE("cut drops what waits and says whether an activity is open at the service") {
  Line line;
  line.pass(1000);
  CHECK_FALSE(line.feed.cut());
  line.feed.send(line.now, true);
  CHECK_FALSE(line.feed.cut());  // the service knows nothing of it yet
  line.feed.send(line.now - 500 * ms, true);
  line.pump();
  CHECK(line.feed.cut());
  CHECK_FALSE(line.feed.cut());
  const std::size_t sent = line.sent.size();
  line.pass(100);
  CHECK(line.sent.size() == sent);
  line.feed.send(line.now, false);
  line.pass(20);
  CHECK_FALSE(line.feed.cut());
}

TEST_CASE("a new connection gets again what the old one got") {
  Line line;
  line.pass(200);
  line.feed.send(long_ago, true);
  line.pass(400);
  CHECK(line.whole(1, 30));
  line.feed.disconnected();
  line.pass(100);
  line.sent.clear();
  line.marks.clear();
  line.feed.send(long_ago, true);
  line.pass(1000);
  CHECK(line.whole(1, line.number));
  CHECK(line.marks.starts_with("(."));
}

TEST_CASE("what was heard before the microphone was closed is not sent after it") {
  Line line;
  line.pass(1000);
  line.feed.forget();
  line.feed.send(long_ago, false);
  line.pass(20);
  CHECK(line.whole(51, 51));
}

TEST_CASE("a network that takes nothing: live sound is dropped, late sound and presses wait") {
  Line line;
  SUBCASE("live") {
    line.feed.send(line.now, false);
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
    line.feed.send(long_ago, false);
    line.unsent = 13UL * 1024;
    line.pass(1000, false);
    CHECK(line.sent.empty());
    line.unsent = 0;
    line.pass(1000, false);
    CHECK(line.whole(1, 50));
    CHECK(line.dropped == 0);
  }
  SUBCASE("a press") {
    line.feed.send(line.now, true);
    line.unsent = 49UL * 1024;
    line.pass(1000);
    CHECK(line.sent.empty());
    line.unsent = 0;
    line.pass(1000);
    CHECK(line.whole(1, line.number));
    CHECK(line.dropped == 0);
  }
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
