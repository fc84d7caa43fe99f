#include <algorithm>
#include <deque>
#include <functional>
#include <vector>

#include <doctest/doctest.h>

#include "daemon/audio/jitter.hpp"

using gv::audio::Jitter;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::uint64_t frames_per_ms = 24;

struct Outcome {
  std::int64_t start_ms = 0;  // from the first sample's arrival to its being played
  int gaps = 0;
  std::int64_t silence_ms = 0;
};

// An answer of so many ms, of which `arrives(n)` says when its millisecond n is there.
Outcome play(Jitter& jitter, int length_ms, const std::function<std::int64_t(int)>& arrives) {
  constexpr std::int64_t origin_ms = 1000;
  Outcome outcome;
  int taken = 0;
  int there = 0;
  bool started = false;
  bool dry = false;
  jitter.begin((origin_ms + arrives(0)) * ms);
  for (std::int64_t now = arrives(0); taken < length_ms; ++now) {
    while (there < length_ms && arrives(there) <= now)
      ++there;
    const auto frames = static_cast<std::uint64_t>(there - taken) * frames_per_ms;
    const bool read =
        jitter.may_read(frames, there == length_ms, (origin_ms + now) * ms) && frames > 0;
    if (read) {
      if (!started) outcome.start_ms = now - arrives(0);
      started = true;
      dry = false;
      ++taken;
      continue;
    }
    if (!started) continue;
    ++outcome.silence_ms;
    outcome.gaps += dry ? 0 : 1;
    dry = true;
    if (frames == 0) jitter.starve((origin_ms + now) * ms);
  }
  jitter.turn_ended();
  return outcome;
}

// In pieces of 40 ms, at the given times real time.
std::function<std::int64_t(int)> smooth(double speed) {
  return [speed](int n) { return static_cast<std::int64_t>(n / 40 * 40 / speed); };
}

// Nothing for `stall` ms, once in `every` ms of the answer.
std::function<std::int64_t(int)> stalling(int stall, int every) {
  return [stall, every](int n) { return std::int64_t{n / 40 * 40} + n / every * stall; };
}

}  // namespace

TEST_CASE("a smooth network: what was configured, ten answers on") {
  Jitter jitter;
  jitter.configure(60, true);
  for (int turn = 0; turn < 10; ++turn) {
    const Outcome outcome = play(jitter, 3000, smooth(1.3));
    CHECK(outcome.start_ms <= 60);
    CHECK(outcome.gaps == 0);
  }
  CHECK(jitter.target_ns() == 60 * ms);
}

TEST_CASE("bursts of 100 ms: one gap, then none") {
  Jitter jitter;
  jitter.configure(60, true);
  const auto bursts = [](int n) { return std::int64_t{n / 100 * 100}; };
  int gaps = 0;
  for (int turn = 0; turn < 3; ++turn)
    gaps += play(jitter, 4000, bursts).gaps;
  CHECK(gaps <= 2);
}

TEST_CASE("stalls of 300 ms: ever fewer gaps, within 400 ms") {
  Jitter adaptive;
  adaptive.configure(60, true);
  Jitter fixed;
  fixed.configure(60, false);
  int gaps = 0;
  int fixed_gaps = 0;
  for (int turn = 0; turn < 6; ++turn) {
    // The service is quicker than real time between them.
    const auto arrival = [](int n) { return std::int64_t{n / 40 * 30} + n / 1000 * 300; };
    gaps += play(adaptive, 6000, arrival).gaps;
    fixed_gaps += play(fixed, 6000, arrival).gaps;
    CHECK(adaptive.target_ns() <= Jitter::most_ns);
  }
  CHECK(fixed.target_ns() == 60 * ms);
  MESSAGE("gaps: ", gaps, ", without adapting ", fixed_gaps);
  CHECK(gaps < fixed_gaps);
  const std::int64_t raised = adaptive.target_ns();
  CHECK(raised > 60 * ms);
  // And back again, turn by turn.
  std::int64_t before = raised;
  for (int turn = 0; turn < 12; ++turn) {
    play(adaptive, 2000, smooth(3));
    CHECK(adaptive.target_ns() <= before);
    before = adaptive.target_ns();
  }
  CHECK(adaptive.target_ns() == 60 * ms);
}

TEST_CASE("stalls without end never ask for more than 400 ms") {
  Jitter jitter;
  jitter.configure(60, true);
  play(jitter, 20000, stalling(300, 500));
  CHECK(jitter.target_ns() == Jitter::most_ns);
}

TEST_CASE("the end of the turn is never waited for") {
  Jitter jitter;
  jitter.configure(60, true);
  jitter.begin(1);
  CHECK_FALSE(jitter.may_read(24, false, 1));
  CHECK(jitter.may_read(24, true, 2));
  jitter.starve(10 * ms);
  CHECK(jitter.waiting());
  CHECK_FALSE(jitter.may_read(0, false, 400 * ms));
  CHECK(jitter.may_read(0, true, 410 * ms));
  CHECK(jitter.target_ns() == 60 * ms);  // nothing was late but the end
}

TEST_CASE("what has come within the time is taken, however little") {
  Jitter jitter;
  jitter.configure(60, true);
  jitter.begin(1000);
  CHECK_FALSE(jitter.may_read(24, false, 1000));
  CHECK(jitter.next_look() == 1000 + 60 * ms);
  CHECK(jitter.may_read(24, false, jitter.next_look()));
  CHECK_FALSE(jitter.waiting());
}

TEST_CASE("what was there is gone: no time at which to look again, which would be over for ever") {
  Jitter jitter;
  jitter.configure(60, true);
  jitter.begin(1);
  CHECK(jitter.next_look() == 1 + 60 * ms);
  CHECK_FALSE(jitter.may_read(0, false, 100 * ms));
  CHECK(jitter.next_look() == 0);
  CHECK_FALSE(jitter.may_read(24, false, 200 * ms));
  CHECK(jitter.next_look() == 260 * ms);
}

TEST_CASE("a model that pauses is not a slow network") {
  Jitter jitter;
  jitter.configure(60, true);
  jitter.begin(1);
  CHECK(jitter.may_read(24000, false, 1));
  jitter.starve(1000 * ms);
  CHECK(jitter.next_look() == 0);
  CHECK_FALSE(jitter.may_read(24, false, 3000 * ms));
  CHECK(jitter.target_ns() == 60 * ms);
}

TEST_CASE("nothing to wait for: nothing is ever waited for") {
  Jitter jitter;
  jitter.configure(0, true);
  jitter.begin(1);
  CHECK(jitter.may_read(1, false, 1));
  jitter.starve(2);
  CHECK_FALSE(jitter.waiting());
  CHECK(jitter.may_read(1, false, 3));
}
