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
constexpr std::size_t bytes_of_chunk = 920;  // on the wire

// A microphone that numbers its chunks of 20 ms, and a service that writes down what it gets.
struct Line {
  MicrophoneFeed feed;
  std::int64_t now = 100'000 * ms;
  std::int16_t number = 0;
  std::size_t unsent = 0;
  std::vector<int> sent;    // numbers of chunks; 0: silence
  std::string marks;        // ( and ) around activities, | behind what is none, . for each chunk,
                            // o for an empty one
  std::size_t dropped = 0;  // samples

  std::int64_t rate = 0;       // bytes that the network takes in a ms; 0: as unsent says
  std::int64_t oldest_ms = 0;  // how late the latest chunk was sent

  explicit Line(bool by_key = true) {
    feed.begin(by_key);
    if (by_key) feed.key(true, 0);
  }

  void send(std::int64_t since, bool activity, std::int64_t until = MicrophoneFeed::no_end) {
    feed.send(since, until, activity);
  }

  void pump() {
    while (const auto piece = feed.next(now, unsent)) {
      switch (piece->kind) {
        case Kind::audio:
          marks += '.';
          sent.push_back(piece->samples.front());
          if (rate != 0) unsent += bytes_of_chunk;
          oldest_ms = static_cast<std::int64_t>(number - piece->samples.front()) * 20;
          break;
        case Kind::activity_start:
          marks += '(';
          break;
        case Kind::activity_end:
          marks += ')';
          break;
        case Kind::sent:
          marks += '|';
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
      const auto before = now;
      now = std::min(end, next_chunk);
      if (due != 0) now = std::min(now, std::max(due, now - 20 * ms));
      const auto taken = static_cast<std::size_t>((now - before) / ms * rate);
      unsent -= std::min(unsent, taken);
      if (hearing && now == next_chunk) {
        dropped += feed.heard(std::vector<std::int16_t>(320, ++number), now);
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
