// The talk key: holds, taps, repetitions and lost releases.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/session/push_to_talk.hpp"

using gv::session::TalkKey;
using Change = TalkKey::Change;

namespace {

constexpr std::int64_t ms = 1'000'000;

// A key, a clock, and the driver's timer, which is never late.
struct Finger {
  TalkKey key;
  std::int64_t now = 1'000'000 * ms;
  int begun = 0;
  int ended = 0;

  void note(Change change) {
    if (change == Change::began) ++begun;
    if (change == Change::ended) ++ended;
  }
  void wait(std::int64_t length_ms) {
    const std::int64_t until = now + length_ms * ms;
    while (const auto due = key.deadline_ns()) {
      if (*due > until) break;
      now = *due;
      note(key.tick(now));
    }
    now = until;
  }
  void press() { note(key.press(now)); }
  void release() { note(key.release(now)); }
  void hold(std::int64_t length_ms) {
    press();
    wait(length_ms);
    release();
  }
  // What X11 and GNOME make of a held key.
  void repeat(int times, std::int64_t every_ms) {
    for (int i = 0; i < times; ++i) {
      release();
      wait(2);
      press();
      wait(every_ms - 2);
    }
  }
};

}  // namespace

TEST_CASE("a hold talks from the press to the release, and a moment more is sent") {
  Finger finger;
  finger.press();
  CHECK(finger.begun == 1);
  CHECK(finger.key.talking());
  finger.wait(2000);
  const auto released = finger.now;
  finger.release();
  finger.wait(79);
  CHECK(finger.key.talking());
  finger.wait(1);
  CHECK(finger.ended == 1);
  CHECK_FALSE(finger.key.talking());
  CHECK(finger.key.until_ns() == released);
  CHECK_FALSE(finger.key.deadline_ns());
}

TEST_CASE("a tap latches, the next one ends it") {
  Finger finger;
  finger.hold(20);
  finger.wait(1000);
  CHECK(finger.key.talking());
  finger.key.voice(true, finger.now);
  finger.wait(9000);
  finger.key.voice(false, finger.now);
  finger.wait(9000);
  CHECK(finger.key.talking());
  CHECK(finger.key.heard());
  finger.hold(20);
  finger.wait(80);
  CHECK(finger.begun == 1);
  CHECK(finger.ended == 1);
  CHECK_FALSE(finger.key.talking());
  finger.hold(20);
  CHECK(finger.begun == 2);
}

TEST_CASE("two quick taps begin and end it") {
  Finger finger;
  finger.hold(30);
  finger.wait(270);
  finger.hold(30);
  finger.wait(80);
  CHECK(finger.begun == 1);
  CHECK(finger.ended == 1);
}

TEST_CASE("a double tap begins and ends it, however quick") {
  Finger finger;
  finger.hold(40);
  finger.wait(110);
  finger.hold(50);
  finger.wait(80);
  CHECK(finger.begun == 1);
  CHECK(finger.ended == 1);
  CHECK_FALSE(finger.key.talking());
}

TEST_CASE("a tap that nobody follows with a word ends by itself") {
  Finger finger;
  finger.hold(20);
  finger.wait(4979);
  CHECK(finger.key.talking());
  finger.wait(1);
  CHECK(finger.ended == 1);
  CHECK_FALSE(finger.key.talking());
  finger.press();
  CHECK(finger.begun == 2);
}

TEST_CASE("who was speaking when the key was tapped has said something") {
  Finger finger;
  finger.key.voice(true, finger.now);
  finger.hold(20);
  finger.wait(6000);
  CHECK(finger.key.talking());
}

TEST_CASE("a quiet voice, or the service's word that it heard one, keeps a tap on") {
  Finger finger;
  SUBCASE("a quiet one after the tap") {
    finger.hold(20);
    finger.wait(1000);
    finger.key.faint_voice(true);
    finger.wait(500);
    finger.key.faint_voice(false);
  }
  SUBCASE("a quiet one that began before it") {
    finger.key.faint_voice(true);
    finger.hold(20);
  }
  SUBCASE("the service wrote it down") {
    finger.hold(20);
    finger.wait(2000);
    finger.key.understood(finger.now);
  }
  finger.wait(30'000);
  CHECK(finger.key.talking());
  finger.wait(60'000);
  CHECK(finger.ended == 1);
}

TEST_CASE("a room that murmurs does not hide a lost release") {
  Finger finger;
  finger.press();
  for (int i = 0; i < 100; ++i) {
    finger.key.faint_voice(true);
    finger.wait(700);
    finger.key.faint_voice(false);
    finger.wait(300);
  }
  CHECK(finger.ended == 1);
}

TEST_CASE("what the service wrote down counts for a hold, too") {
  Finger finger;
  finger.press();
  finger.wait(50'000);
  finger.key.understood(finger.now);
  finger.wait(50'000);
  CHECK(finger.key.talking());
  finger.wait(10'000);
  CHECK(finger.ended == 1);
}

TEST_CASE("a word that was said while the key was down makes a hold of a short press") {
  Finger finger;
  finger.press();
  SUBCASE("yes") {
    finger.wait(130);
    finger.key.voice(true, finger.now);
    finger.wait(150);
    finger.release();
    finger.wait(80);
    CHECK(finger.ended == 1);
  }
  SUBCASE("not what follows the tap") {
    finger.wait(20);
    finger.release();
    finger.wait(60);
    finger.key.voice(true, finger.now);
    finger.wait(80);
    CHECK(finger.ended == 0);
  }
  SUBCASE("nor the noise of the key itself") {
    finger.wait(70);
    finger.key.voice(true, finger.now);
    finger.wait(30);
    finger.release();
    finger.wait(80);
    CHECK(finger.ended == 0);
  }
}

TEST_CASE("the repetitions of a held key are one hold") {
  for (const std::int64_t every_ms : {30, 50, 70}) {
    CAPTURE(every_ms);
    Finger finger;
    finger.press();
    finger.wait(660);
    finger.repeat(40, every_ms);
    finger.release();
    finger.wait(100);
    CHECK(finger.begun == 1);
    CHECK(finger.ended == 1);
  }
  Finger presses_only;
  presses_only.press();
  for (int i = 0; i < 50; ++i) {
    presses_only.wait(30);
    presses_only.press();
  }
  presses_only.release();
  presses_only.wait(100);
  CHECK(presses_only.begun == 1);
  CHECK(presses_only.ended == 1);
}

TEST_CASE("toggle, repeated by a desktop that tells of presses alone, is a hold") {
  Finger finger;
  finger.hold(0);
  finger.wait(500);
  for (int i = 0; i < 40; ++i) {
    finger.hold(0);
    finger.wait(33);
    CHECK(finger.key.talking());
  }
  finger.wait(100);
  CHECK(finger.begun == 1);
  CHECK(finger.ended == 1);
}

TEST_CASE("a lost release: after a minute without a word it is over, and the next press is new") {
  Finger finger;
  finger.press();
  finger.wait(30'000);
  finger.key.voice(true, finger.now);
  finger.wait(40'000);
  finger.key.voice(false, finger.now);
  finger.wait(59'999);
  CHECK(finger.key.talking());
  finger.wait(1);
  CHECK(finger.ended == 1);
  finger.wait(1000);
  finger.press();
  CHECK(finger.begun == 2);
}

TEST_CASE("nobody talks for more than five minutes, and a stuck key does not begin again") {
  Finger finger;
  finger.key.voice(true, finger.now);
  finger.press();
  for (int i = 0; i < 400 * 30; ++i) {
    finger.wait(33);
    finger.press();
  }
  CHECK(finger.begun == 1);
  CHECK(finger.ended == 1);
  CHECK(finger.key.until_ns() == 1'300'000 * ms);
  finger.release();
  finger.wait(81);
  finger.press();
  CHECK(finger.begun == 2);
}

TEST_CASE("what was ended for the user does not begin again while the key is held") {
  Finger finger;
  finger.press();
  finger.wait(660);
  finger.repeat(10, 33);
  finger.note(finger.key.spend(finger.now));
  CHECK(finger.ended == 1);
  CHECK_FALSE(finger.key.fresh(finger.now));
  finger.wait(10);
  finger.repeat(30, 33);
  CHECK(finger.begun == 1);
  finger.release();
  CHECK_FALSE(finger.key.fresh(finger.now));
  finger.wait(81);
  CHECK(finger.key.fresh(finger.now));
  finger.press();
  CHECK(finger.begun == 2);
}

TEST_CASE("a latch that was ended for the user leaves the key up") {
  Finger finger;
  finger.hold(20);
  finger.wait(200);
  finger.note(finger.key.spend(finger.now));
  CHECK(finger.ended == 1);
  finger.press();
  CHECK(finger.begun == 2);
}

TEST_CASE("a release that overtakes its press leaves a tap and not a hold") {
  Finger finger;
  finger.release();  // two processes say so, and the second one was faster
  finger.wait(30);
  finger.press();
  CHECK(finger.begun == 1);
  finger.wait(5000);
  CHECK(finger.ended == 1);  // as after any tap that nobody follows with a word

  SUBCASE("also in the tap that ends it") {
    finger.hold(20);
    finger.wait(1000);
    finger.release();
    finger.wait(30);
    finger.press();
    finger.wait(80);
    CHECK(finger.begun == 2);
    CHECK(finger.ended == 2);
  }
  SUBCASE("and where the key is held on, it is a hold") {
    finger.release();
    finger.wait(30);
    finger.press();
    finger.wait(40);
    finger.press();
    finger.wait(20'000);
    CHECK(finger.begun == 2);
    CHECK(finger.ended == 1);
  }
  SUBCASE("but a release of long ago is another one") {
    finger.release();
    finger.wait(51);
    finger.press();
    finger.wait(20'000);
    CHECK(finger.begun == 2);
    CHECK(finger.ended == 1);
  }
}

TEST_CASE("a release without a press, and a spent key that was never pressed, are nothing") {
  Finger finger;
  finger.release();
  finger.note(finger.key.spend(finger.now));
  CHECK(finger.begun == 0);
  CHECK(finger.ended == 0);
  CHECK(finger.key.fresh(finger.now));
}
