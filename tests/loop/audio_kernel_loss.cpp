// Kernel sound devices that are unplugged, suspended, stopped, or too slow. In virtual time, so
// that what is heard on which card can be told to the sample.
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <alsa/asoundlib.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/audio_kernel.hpp"

using namespace gv;
using namespace gv::test;

namespace {

const std::string other_speaker = "hw:Mic,0,0";
const std::string other_listener = "hw:Mic,1,0";

// The kernel waits for the last one to close the card, so this returns when we have let go of it.
bool driver(const char* what, std::string_view card) {
  const std::string path = std::string("/sys/bus/platform/drivers/snd_aloop/") + what;
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && write(fd, card.data(), card.size()) > 0;
  close(fd);
  return done;
}
constexpr std::string_view speaker_card = "snd_aloop.0";
constexpr std::string_view mic_card = "snd_aloop.1";

bool unplug(std::string_view card) {
  return driver("unbind", card);
}
bool replug(std::string_view card) {
  return driver("bind", card);
}

// How fast the microphone's clock runs: 100000 is nominal.
bool set_rate_shift(long value) {
  snd_ctl_t* control = nullptr;
  if (snd_ctl_open(&control, "hw:Mic", 0) < 0) return false;
  snd_ctl_elem_value_t* element = nullptr;
  snd_ctl_elem_value_alloca(&element);
  snd_ctl_elem_value_set_interface(element, SND_CTL_ELEM_IFACE_PCM);
  snd_ctl_elem_value_set_name(element, "PCM Rate Shift 100000");
  snd_ctl_elem_value_set_device(element, 1);
  snd_ctl_elem_value_set_integer(element, 0, value);
  const int result = snd_ctl_elem_write(control, element);
  snd_ctl_close(control);
  return result >= 0;
}

// As the shell's ^Z does, and on again after some seconds.
void stop_this_process(unsigned seconds) {
  const pid_t self = getpid();
  const pid_t child = fork();
  if (child == 0) {
    kill(self, SIGSTOP);
    sleep(seconds);
    kill(self, SIGCONT);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

}  // namespace

TEST_CASE("unplugged in mid-answer: on the next card, and on the first again, without a gap") {
  const Samples answer = sweep(20, 24000);
  Bench bench;
  std::optional<Recorder> first(std::in_place, listener, 24000);
  const Recorder second(other_listener, 24000);
  bench.engine->open_playback({.devices = {speaker, other_speaker}});
  REQUIRE(bench.until([&bench] { return bench.log.playback_open; }));
  bench.say(1, answer);
  bench.end(1);
  bench.pass(3000);
  const Samples before = first->samples();
  const std::int64_t begin_ns = first->time_of(first_sound(before));
  first.reset();
  const double played_ms = ms_since(begin_ns);
  REQUIRE(unplug(speaker_card));
  REQUIRE(bench.until([&bench] { return !bench.log.playback_losses.empty(); }));
  MESSAGE(bench.log.playback_losses[0].message);
  const std::int64_t lost_ns = audio::now_ns();
  REQUIRE(bench.until([&bench] { return bench.log.playback_open; }));
  CHECK(ms_since(lost_ns) < 20);
  CHECK(bench.log.playback_info.device == other_speaker);
  bench.pass(1500);

  REQUIRE(replug(speaker_card));
  first.emplace(listener, 24000);
  const std::int64_t back_ns = audio::now_ns();
  REQUIRE(bench.until([&bench] { return bench.log.playback_info.device == speaker; }));
  CHECK(ms_since(back_ns) <= 5100);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  CHECK(bench.log.ends[0].heard_ms == 20000);
  CHECK_FALSE(bench.log.ends[0].cut);
  CHECK(bench.log.starts.size() == 1);
  CHECK(bench.log.playback_losses.size() == 1);
  CHECK(bench.engine->counters().playback_xruns == 0);

  // Where in the answer each card began, and where it ended.
  REQUIRE(bench.record(*first));
  const std::size_t before_begin = part_of(answer, before, 1000);
  REQUIRE(before_begin == first_sound(answer));
  const std::size_t before_end = before_begin + static_cast<std::size_t>(played_ms * 24);
  const Samples between = second.samples();
  const std::size_t between_begin = part_of(answer, between, 1000);
  const std::size_t between_end = between_begin + last_sound(between) - first_sound(between) + 1;
  const std::size_t after_begin = part_of(answer, first->samples(), 1000);
  MESSAGE("first card to ", before_end, ", second ", between_begin, " to ", between_end,
          ", first again from ", after_begin, " of ", answer.size());
  REQUIRE(after_begin < answer.size());
  // Nothing is missing. What the first had been given is said again: 40 ms at most.
  CHECK(between_begin <= before_end);
  CHECK(between_begin + 24 * 45 >= before_end);
  CHECK(after_begin <= between_end);
  CHECK(after_begin + 24 * 25 >= between_end);
}

TEST_CASE("unplugged while nothing plays: let go of at once, and taken again when it is back") {
  Bench bench;
  REQUIRE(bench.open_playback(speaker));
  for (int round = 0; round < 2; ++round) {  // never used; and used
    CAPTURE(round);
    bench.log.playback_losses.clear();
    bench.pass(500);
    REQUIRE(unplug(speaker_card));
    const std::int64_t lost_ns = audio::now_ns();
    REQUIRE(bench.until([&bench] { return !bench.log.playback_losses.empty(); }));
    CHECK(ms_since(lost_ns) < 10);
    bench.pass(4000);
    REQUIRE(replug(speaker_card));
    const std::int64_t back_ns = audio::now_ns();
    REQUIRE(bench.until([&bench] { return bench.log.playback_open; }));
    CHECK(ms_since(back_ns) <= 2000);
    bench.log.ends.clear();
    const Recorder recorder(listener, bench.log.playback_info.rate);
    bench.say(1, sweep(1, 24000));
    bench.end(1);
    REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
    REQUIRE(bench.record(recorder));
    CHECK(match(recorder.samples(), sweep(1, recorder.rate())).snr_db >= 70);
  }
  // And a card that is not used costs nothing.
  const std::uint64_t wakeups = bench.engine->counters().wakeups;
  bench.pass(2000);
  CHECK(bench.engine->counters().wakeups <= wakeups + 2);
}

TEST_CASE("the microphone is unplugged and comes back; the answer is not touched") {
  const Recorder recorder(listener, 24000);
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  const Samples answer = sweep(20, 24000);
  bench.say(1, answer);
  bench.end(1);
  REQUIRE(bench.until([&bench] { return bench.log.chunks.size() > 100; }));
  REQUIRE(unplug(mic_card));
  REQUIRE(bench.until([&bench] { return !bench.log.capture_losses.empty(); }));
  MESSAGE(bench.log.capture_losses[0].message);
  CHECK_FALSE(bench.log.capture_open);
  bench.pass(7000);
  CHECK_FALSE(bench.log.capture_open);
  REQUIRE(replug(mic_card));
  const std::int64_t back_ns = audio::now_ns();
  const std::size_t chunks = bench.log.chunks.size();
  REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks; }));
  MESSAGE("heard again after ", ms_since(back_ns), " ms");
  CHECK(ms_since(back_ns) <= 2000);
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  REQUIRE(bench.record(recorder));
  CHECK(match(recorder.samples(), answer).snr_db == 300);
  CHECK(bench.log.capture_losses.size() == 1);
  CHECK(bench.log.playback_losses.empty());
  CHECK(bench.engine->counters().playback_xruns == 0);
}

TEST_CASE("no speaker: what is queued waits for 5 s and not longer") {
  for (const unsigned missing_ms : {4500U, 7000U}) {
    CAPTURE(missing_ms);
    Bench bench;
    REQUIRE(bench.open_playback(speaker));
    bench.say(1, sweep(10, 24000));
    bench.end(1);
    bench.pass(1000);
    REQUIRE(unplug(speaker_card));
    bench.pass(missing_ms);
    const bool dropped = missing_ms > 5000;
    REQUIRE(bench.log.ends.size() == (dropped ? 1 : 0));
    REQUIRE(replug(speaker_card));
    REQUIRE(bench.until([&bench] { return bench.log.playback_open; }));
    REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
    CHECK(bench.log.ends[0].cut == dropped);
    if (dropped) {
      CHECK(bench.log.ends[0].heard_ms > 900);
      CHECK(bench.log.ends[0].heard_ms <= 1000);
    } else {
      CHECK(bench.log.ends[0].heard_ms == 10000);
    }
    CHECK(bench.engine->playout().queued_frames() == 0);
  }
}

TEST_CASE("a device that cannot be opened is tried ever more seldom") {
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(unplug(mic_card));
  REQUIRE(bench.until([&bench] { return !bench.log.capture_losses.empty(); }));
  std::uint64_t before = bench.engine->counters().wakeups;
  bench.pass(30'000);
  CHECK(bench.engine->counters().wakeups - before < 100);
  bench.pass(60'000);
  before = bench.engine->counters().wakeups;
  bench.pass(60'000);
  CHECK(bench.engine->counters().wakeups - before <= 40);  // two for each attempt
  REQUIRE(replug(mic_card));
  CHECK(bench.until([&bench] { return bench.log.capture_open; }));
}

TEST_CASE("a first choice that goes again and again interrupts the second ever more seldom") {
  Bench bench;
  bench.engine->open_playback({.devices = {speaker, other_speaker}});
  REQUIRE(bench.until([&bench] { return bench.log.playback_open; }));
  for (const int seconds : {5, 10, 20}) {
    CAPTURE(seconds);
    bench.pass(1000);
    REQUIRE(unplug(speaker_card));
    REQUIRE(bench.until([&bench] { return bench.log.playback_info.device == other_speaker; }));
    const std::int64_t second_ns = audio::now_ns();
    REQUIRE(replug(speaker_card));
    REQUIRE(bench.until([&bench] { return bench.log.playback_info.device == speaker; }));
    CHECK(std::abs(ms_since(second_ns) - seconds * 1000) < 100);
  }
}

TEST_CASE("clocks that are too slow or too fast are no reason to lose a microphone") {
  const Player player(mouth, 16000, {});
  for (const long shift : {100'000L, 100'100L, 99'900L, 120'000L, 80'000L}) {
    CAPTURE(shift);
    Bench bench;
    REQUIRE(bench.open_capture(microphone));
    REQUIRE(set_rate_shift(shift));
    REQUIRE(bench.until([&bench] { return !bench.log.chunks.empty(); }));
    const std::size_t before = bench.log.heard.size();
    const std::int64_t begin_ns = audio::now_ns();
    bench.pass(30'000);
    const double seconds = ms_since(begin_ns) / 1000;
    const double rate = static_cast<double>(bench.log.heard.size() - before) / seconds;
    MESSAGE("shift ", shift, ": ", rate, " Hz");
    // The control is the length of a sample: a larger one makes a slower clock.
    CHECK(std::abs(rate - 16000.0 * 100'000 / static_cast<double>(shift)) < 40);
    CHECK(bench.log.capture_losses.empty());
    CHECK(bench.engine->counters().capture_xruns == 0);
    CHECK(bench.engine->counters().capture_dropped == 0);
    REQUIRE(set_rate_shift(100'000));
  }
}

TEST_CASE("a process that was stopped goes on: xruns are counted, nothing is reopened") {
  Bench bench;
  const Player player(mouth, 16000, {});
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  bench.say(1, Samples(24000 * 3, 4000));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  stop_this_process(5);  // longer than a dead device is waited for
  const std::size_t chunks = bench.log.chunks.size();
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  CHECK(bench.log.ends[0].heard_ms == 3000);
  CHECK(bench.log.capture_losses.empty());
  CHECK(bench.log.playback_losses.empty());
  CHECK(bench.log.chunks.size() > chunks + 80);
  const audio::Counters counters = bench.engine->counters();
  CHECK(counters.playback_xruns >= 1);
  CHECK(counters.playback_xruns <= 3);
  CHECK(counters.capture_xruns >= 1);
  CHECK(counters.capture_xruns <= 3);

  const Recorder recorder(listener, bench.log.playback_info.rate);
  const Samples next = sweep(1, 24000);
  bench.say(2, next);
  bench.end(2);
  REQUIRE(bench.until([&bench] { return bench.log.ends.size() == 2; }));
  REQUIRE(bench.record(recorder));
  CHECK(match(recorder.samples(), sweep(1, recorder.rate())).snr_db >= 70);
}

TEST_CASE("suspend to memory and back: both streams go on") {
  Bench bench;
  REQUIRE(bench.open_capture(microphone));
  REQUIRE(bench.open_playback(speaker));
  bench.say(1, Samples(24000 * 3, 4000));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  REQUIRE(std::system("rtcwake -m mem -s 2 >/dev/null") == 0);
  const std::size_t chunks = bench.log.chunks.size();
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  CHECK(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
  CHECK(bench.log.capture_losses.empty());
  CHECK(bench.log.playback_losses.empty());
  CHECK(bench.log.ends[0].heard_ms == 3000);
}
