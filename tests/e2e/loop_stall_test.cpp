// The daemon's main loop stands still for 200 ms, whatever the cause: nobody hears it, nothing that
// was said is lost, and the statistics show it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

constexpr milliseconds stall{200};
// The microphone's period of 20 ms is what waits: for what is left of the stall when it comes.
constexpr std::uint64_t least_lag_us = 150'000;

// Stops the main thread of the program for so long, and no other: what a debugger can do. False
// where the system does not allow it.
bool stop_main_thread(const Process& process, milliseconds duration) {
  if (::ptrace(PTRACE_SEIZE, process.pid(), nullptr, nullptr) < 0) {
    if (errno == EPERM) return false;
    throw std::system_error(errno, std::generic_category(), "PTRACE_SEIZE");
  }
  ::ptrace(PTRACE_INTERRUPT, process.pid(), nullptr, nullptr);
  int status = 0;
  if (::waitpid(process.pid(), &status, __WALL) < 0 || !WIFSTOPPED(status)) {
    throw std::runtime_error("the main thread did not stop");
  }
  std::this_thread::sleep_for(duration);
  ::ptrace(PTRACE_DETACH, process.pid(), nullptr, nullptr);
  return true;
}

// Several times, with some time between; false where it is not allowed.
bool stall_repeatedly(Stage& stage, int times) {
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(milliseconds(350));
    if (!stop_main_thread(stage.daemon->process(), stall)) {
      MESSAGE("skipped: this system does not allow ptrace");
      return false;
    }
  }
  return true;
}

std::uint64_t number(Stage& stage, const char* name) {
  return stage.voice->statistics().at(name).to_number<std::uint64_t>();
}

bool nothing_lost(Stage& stage) {
  return number(stage, "capture_xruns") == 0 && number(stage, "playback_xruns") == 0 &&
         number(stage, "frames_dropped") == 0;
}

}  // namespace

TEST_CASE("a stall of 200 ms in mid-answer is inaudible, and loop_lag_max_us shows it") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = speech(4, 24000, 951);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Tell me something long.");
    speaker.wait_for_sound();
    const std::uint64_t before_us = number(stage, "loop_lag_max_us");
    if (!stall_repeatedly(stage, 3)) return;
    CHECK(stage.voice->state() == "speaking");
    stage.voice->wait_for_state("listening", milliseconds(20'000));
    speaker.wait_for_quiet(milliseconds(500), milliseconds(20'000));

    const Samples heard = speaker.samples();
    const double similarity = find_similar(heard, options.answer).similarity;
    const std::uint64_t lag_us = number(stage, "loop_lag_max_us");
    MESSAGE("the answer by " << similarity << "; the loop was late by " << before_us << " us, then "
                             << lag_us << " us");
    const bool good = similarity > 0.98 && nothing_lost(stage) && before_us < least_lag_us;
    if (!good && attempts.spoilt()) continue;
    CHECK(similarity > 0.98);
    CHECK(nothing_lost(stage));
    CHECK(before_us < least_lag_us);
    CHECK(lag_us >= least_lag_us);
    if (stage.bed->exact()) CHECK(find_exact(heard, options.answer));
    if (virtual_time()) CHECK(lag_us <= 210'000);
    break;
  }
}

TEST_CASE("what is said during a stall of 200 ms reaches the service whole") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.answer = tone(0.4, 24000, 440);
    Stage stage(options);
    Microphone microphone(*stage.bed);
    stage.start_session();
    const Samples said = speech(2.5, microphone.rate(), 952);
    microphone.say(said);
    stage.sim->wait_for("speech_start");
    if (!stall_repeatedly(stage, 3)) return;
    stage.sim->wait_for("sent", what("turn_complete"), 0, milliseconds(20'000));
    const Samples uplink = stage.sim->uplink();
    const double similarity =
        find_similar(uplink, thinned(said, microphone.rate() / 16000)).similarity;
    MESSAGE("the service heard it by " << similarity);
    const bool good = similarity > 0.98 && nothing_lost(stage);
    if (!good && attempts.spoilt()) continue;
    CHECK(similarity > 0.98);
    CHECK(nothing_lost(stage));
    if (stage.bed->exact()) CHECK(find_exact(uplink, said));
    break;
  }
}
