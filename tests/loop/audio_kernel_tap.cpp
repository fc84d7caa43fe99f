// What PlaybackStream tells of what will be heard when, against what is heard at the far end of the
// cable; and the same stream while it is made softer, held and cut.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>

#include "daemon/audio/playback_stream.hpp"
#include "daemon/echo/far_end.hpp"
#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_kernel.hpp"

using namespace gv;
using namespace gv::test;

namespace {

constexpr std::size_t rate = audio::playback_rate;

// What was said to be heard, by time: what comes later replaces what was there.
struct Far final : audio::PlaybackTap {
  void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) override {
    if (origin_ns == 0) origin_ns = first_heard_ns;
    const double first = static_cast<double>(first_heard_ns - origin_ns) * rate / 1e9;
    // Times are right to a fraction of a ms, and samples follow each other.
    auto at = static_cast<std::size_t>(std::lround(std::max(first, 0.0)));
    if (at <= end + rate / 500 && at + rate / 500 >= end) at = end;
    end = at + samples.size();
    sound.resize(std::max(sound.size(), end));
    std::copy(samples.begin(), samples.end(), sound.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void cut(std::int64_t now_ns) override {
    const auto at = static_cast<std::size_t>((now_ns - origin_ns) * rate / 1'000'000'000);
    if (at < sound.size()) sound.resize(at);
    end = sound.size();
    cut_ns = now_ns;
  }
  void took_back(std::size_t frames) override { end -= frames; }
  std::int64_t origin_ns = 0;
  std::int64_t cut_ns = 0;
  std::size_t end = 0;  // of what was written last
  Samples sound;
};

// The real one, looked at as the canceller does: while time passes.
struct Reference final : audio::PlaybackTap {
  void wrote(std::span<const std::int16_t> samples, std::int64_t first_heard_ns) override {
    far_end.wrote(samples, first_heard_ns);
  }
  void cut(std::int64_t now_ns) override { far_end.cut(now_ns); }
  void took_back(std::size_t frames) override { far_end.took_back(frames); }
  void look() {
    constexpr std::int64_t frame_ns = 10'000'000;
    const std::int64_t now = audio::now_ns();
    if (next_ns == 0) next_ns = now;
    for (; next_ns + frame_ns <= now; next_ns += frame_ns) {
      std::array<std::int16_t, echo::frame_samples> frame;
      far_end.read(next_ns, frame);
      looks.push_back({next_ns, frame[0]});
    }
  }
  struct Look {
    std::int64_t at_ns;
    int sample;
  };
  echo::FarEnd far_end;
  std::int64_t next_ns = 0;
  std::vector<Look> looks;
};

// The stream in the hands of the test, which is its audio thread.
struct Hands {
  explicit Hands(audio::PlaybackTap* tap = nullptr) {
    stream.configure({.devices = {speaker}, .prebuffer_ms = 0});
    stream.set_tap(tap != nullptr ? tap : &far);
    attach();
  }
  void attach() {
    stream.attach(audio::AlsaPcm::open(speaker, audio::Direction::playback, 10,
                                       std::make_shared<audio::OpenCount>(bell),
                                       [] { return true; }));
  }
  ~Hands() { stream.close(); }
  void say(std::span<const std::int16_t> samples) {
    while (!samples.empty()) {
      audio::PlayoutBlock* block = queue.acquire();
      const std::size_t n = std::min(samples.size(), block->samples.size());
      std::copy_n(samples.begin(), n, block->samples.begin());
      block->frames = static_cast<unsigned>(n);
      block->turn = 1;
      queue.commit(block);
      samples = samples.subspan(n);
    }
  }
  void pass(std::int64_t ms) {
    const std::int64_t end = audio::now_ns() + ms * 1'000'000;
    while (audio::now_ns() < end) {
      stream.flush();
      CHECK_FALSE(stream.service(audio::now_ns(), false));
      if (meanwhile) meanwhile();
      poll(nullptr, 0, 2);
    }
  }
  std::function<void()> meanwhile;
  std::shared_ptr<audio::Bell> bell = std::make_shared<audio::Bell>();
  audio::EventQueue events;
  audio::AtomicCounters counters;
  audio::PlayoutQueue queue;
  Far far;
  audio::PlaybackStream stream{{events, counters, bell}, queue};
};

std::size_t index_at(const Recorder& recorder, std::int64_t time) {
  std::size_t low = 0;
  for (std::size_t high = recorder.count(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    (recorder.time_of(middle) < time ? low : high) =
        recorder.time_of(middle) < time ? middle + 1 : middle;
  }
  return low;
}

constexpr std::size_t block = rate / 100;

// Where what was told is heard: ms later than told, and which blocks of 10 ms are not as told.
struct Heard {
  double late_ms;
  std::vector<std::size_t> differing;
};

Heard compare(const Recorder& recorder, const Far& far) {
  const Samples heard = recorder.samples();
  const std::size_t told_first = first_sound(far.sound);
  const std::size_t heard_first = first_sound(heard);
  const std::int64_t told_ns =
      far.origin_ns + static_cast<std::int64_t>(told_first) * 1'000'000'000 / rate;
  Heard result{static_cast<double>(recorder.time_of(heard_first) - told_ns) / 1e6, {}};
  for (std::size_t n = told_first + block; n + block <= far.sound.size(); n += block) {
    const auto told = far.sound.begin() + static_cast<std::ptrdiff_t>(n);
    const std::size_t at = heard_first + (n - told_first);
    // The time that is told when sound is replaced is right to 1 ms.
    constexpr std::size_t slack = rate / 1000;
    bool found = false;
    for (std::size_t shift = 0; shift <= 2 * slack && !found; ++shift) {
      const std::size_t from = at + shift - slack;
      found = from + block <= heard.size() &&
              std::equal(told, told + block, heard.begin() + static_cast<std::ptrdiff_t>(from));
    }
    if (!found) result.differing.push_back((n - told_first) / block);
  }
  return result;
}

// How many ms the look saw what is heard later (or sooner: below 0) than at that time; the least
// there is of such. A ramp is unlike itself at any shift.
double off_ms(const Recorder& recorder, const Samples& heard, const Reference::Look& look) {
  constexpr std::size_t most = rate * 60 / 1000;
  constexpr int alike = 4;
  const std::size_t at = index_at(recorder, look.at_ns);
  for (std::size_t shift = 0; shift < most; ++shift) {
    for (const std::size_t index : {at + shift, at - shift}) {
      if (index >= heard.size() || std::abs(heard[index] - look.sample) > alike) continue;
      return 1000.0 * (static_cast<double>(index) - static_cast<double>(at)) / rate;
    }
  }
  return 60;
}

}  // namespace

TEST_CASE("the canceller's reference stays in its place when sound is taken back") {
  const Recorder recorder(listener, rate);
  Reference reference;
  Hands hands(&reference);
  hands.meanwhile = [&reference] { reference.look(); };
  Samples ramp(4 * rate);
  for (std::size_t n = 0; n < ramp.size(); ++n)
    ramp[n] = static_cast<std::int16_t>(-30000 + static_cast<int>(n * 60000 / ramp.size()));
  hands.say(ramp);
  hands.queue.end_turn(1);
  const std::int64_t begin_ns = audio::now_ns();
  std::vector<std::int64_t> acts;
  const auto act = [&hands, &acts](std::int64_t after_ms, const std::function<void()>& what) {
    hands.pass(after_ms);
    acts.push_back(audio::now_ns());
    what();
  };
  for (int round = 0; round < 2; ++round) {
    act(400, [&hands] { CHECK(hands.stream.duck(1)); });
    act(150, [&hands] { hands.stream.restore(); });
    act(250, [&hands] { CHECK(hands.stream.duck(1)); });
    act(110, [&hands] { CHECK(hands.stream.hold(1)); });
    act(300, [&hands] { hands.stream.restore(); });
  }
  hands.pass(200);
  while (!recorder.recorded(reference.next_ns + 100'000'000))
    poll(nullptr, 0, 5);
  const Samples heard = recorder.samples();
  double least = 60;
  double most = -60;
  int seen = 0;
  for (const Reference::Look& look : reference.looks) {
    // Not where one level or sound goes over into the other.
    const bool edge = std::any_of(acts.begin(), acts.end(), [&look](std::int64_t at_ns) {
      return look.at_ns > at_ns - 15'000'000 && look.at_ns < at_ns + 30'000'000;
    });
    if (edge || look.sample == 0 || look.at_ns < begin_ns + 100'000'000) continue;
    const double off = off_ms(recorder, heard, look);
    least = std::min(least, off);
    most = std::max(most, off);
    ++seen;
  }
  MESSAGE(seen, " looks, between ", least, " and ", most, " ms off");
  CHECK(seen > 100);
  CHECK(least > -8);
  CHECK(most < 10);
  CHECK(most - least < 4);
}

TEST_CASE("an answer that begins as soon as the one before has ended has its reference in place") {
  const Recorder recorder(listener, rate);
  Reference reference;
  Hands hands(&reference);
  hands.meanwhile = [&reference] { reference.look(); };
  Samples ramp(rate / 2);
  for (std::size_t n = 0; n < ramp.size(); ++n)
    ramp[n] = static_cast<std::int16_t>(2000 + static_cast<int>(n * 20000 / ramp.size()));
  std::vector<std::int64_t> begins;
  for (int round = 0; round < 4; ++round) {
    begins.push_back(audio::now_ns());
    hands.say(ramp);
    hands.queue.end_turn(1);
    do {
      hands.pass(2);
    } while (hands.stream.audible_until() == audio::never);
  }
  hands.pass(100);
  while (!recorder.recorded(reference.next_ns + 100'000'000))
    poll(nullptr, 0, 5);
  const Samples heard = recorder.samples();
  double least = 60;
  double most = -60;
  for (const Reference::Look& look : reference.looks) {
    const bool edge = std::any_of(begins.begin(), begins.end(), [&look](std::int64_t at_ns) {
      return look.at_ns > at_ns - 20'000'000 && look.at_ns < at_ns + 20'000'000;
    });
    if (edge || look.sample < 2200) continue;
    const double off = off_ms(recorder, heard, look);
    least = std::min(least, off);
    most = std::max(most, off);
  }
  MESSAGE("between ", least, " and ", most, " ms off");
  CHECK(most - least < 4);
}

TEST_CASE("what the tap was told is what is heard, when it was said to be") {
  const Recorder recorder(listener, rate);
  Hands hands;
  hands.say(sweep(4, rate));
  hands.pass(500);
  CHECK(hands.stream.duck(1));
  hands.pass(300);
  CHECK(hands.stream.hold(1));
  hands.pass(400);
  hands.stream.restore();
  hands.pass(500);
  const Heard whole = compare(recorder, hands.far);
  MESSAGE("heard ", whole.late_ms, " ms later than told, ", whole.differing.size(),
          " blocks of 10 ms differ");
  CHECK(std::abs(whole.late_ms) < 10);
  // But for what is still in the device, and for where one replaces the other.
  CHECK(whole.differing.size() <= 4 + 3);
  CHECK(hands.counters.playback_xruns == 0);

  hands.queue.flush();
  hands.pass(200);
  const Heard cut = compare(recorder, hands.far);
  MESSAGE("after the cut ", cut.differing.size(), " blocks of 10 ms differ");
  CHECK(cut.differing.size() <= 1 + 3);
  CHECK(hands.far.cut_ns > 0);
  const std::size_t end = index_at(recorder, hands.far.cut_ns + 10'000'000);
  const Samples heard = recorder.samples();
  CHECK(std::all_of(heard.begin() + static_cast<std::ptrdiff_t>(end), heard.end(),
                    [](int sample) { return sample == 0; }));
}

TEST_CASE("an answer that is held while its device is lost goes on with the next") {
  const Recorder recorder(listener, rate);
  const Samples answer = sweep(3, rate);
  {
    Hands hands;
    hands.say(answer);
    hands.queue.end_turn(1);
    hands.pass(500);
    CHECK(hands.stream.hold(1));
    hands.pass(300);
    hands.stream.detach(audio::now_ns()).reset();
    hands.pass(300);
    hands.attach();
    hands.pass(300);
    CHECK(hands.stream.reacting());
    hands.stream.restore();
    hands.pass(4000);
    CHECK_FALSE(hands.stream.sounding(audio::now_ns()));
  }
  const Samples heard = recorder.samples();
  const std::size_t shift = last_sound(heard) - last_sound(answer);
  std::size_t same = answer.size();
  while (same > 0 && heard[shift + same - 1] == answer[same - 1])
    --same;
  const std::size_t origin = first_sound(heard) - first_sound(answer);
  std::size_t before = 0;
  while (before < answer.size() && heard[origin + before] == answer[before])
    ++before;
  MESSAGE("whole up to ", before, ", and from ", same, " on");
  CHECK(before > rate / 3);
  CHECK(before + 2 * audio::fade_frames > same);  // but for what faded out and in
}

TEST_CASE("nobody holds an answer for longer than some seconds") {
  Hands hands;
  hands.say(Samples(rate * 10, 5000));
  hands.pass(300);
  CHECK(hands.stream.hold(1));
  CHECK_FALSE(hands.stream.hold(2));
  CHECK_FALSE(hands.stream.duck(2));
  hands.pass(5000);
  CHECK(hands.stream.reacting());
  hands.pass(1500);
  CHECK_FALSE(hands.stream.reacting());
  CHECK(hands.counters.holds == 1);
  CHECK(hands.counters.restores == 1);
}

TEST_CASE("where nothing plays there is nothing to hold") {
  Hands hands;
  hands.pass(100);
  CHECK_FALSE(hands.stream.duck(1));
  CHECK_FALSE(hands.stream.hold(1));
  hands.stream.restore();
  CHECK_FALSE(hands.stream.sounding(audio::now_ns()));
  CHECK(hands.counters.ducks + hands.counters.holds + hands.counters.restores == 0);
}
