// A device that stays suspended, is slow, or plays on while it is asked. No kernel device can be
// kept so while the process runs, so it is the tests' own plug-in.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/loop/audio_bench.hpp"
#include "tests/loop/trick_pcm.hpp"
#include "tests/support/attempts.hpp"

using namespace gv;
using namespace gv::test;

namespace {

// The PCM `trick` in the configuration of this process.
class TrickConfig {
 public:
  TrickConfig() {
    std::string name = (std::filesystem::temp_directory_path() / "gv-trick-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::ofstream(folder_ / "asound.conf") << "pcm_type.trick { lib \"" GV_TRICK_PCM
                                              "\" }\n"
                                              "pcm.trick { type trick }\n";
    setenv("ALSA_CONFIG_PATH", (folder_ / "asound.conf").c_str(), 1);
  }
  ~TrickConfig() {
    unsetenv("ALSA_CONFIG_PATH");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TrickConfig(const TrickConfig&) = delete;
  TrickConfig& operator=(const TrickConfig&) = delete;

 private:
  std::filesystem::path folder_;
};

}  // namespace

TEST_CASE("a microphone that stays suspended is lost after 5 s, and back when it wakes up") {
  for (Attempts attempts; attempts.next();) {
    const TrickConfig config;
    TrickPcm& trick = *gv_trick_pcm();
    Bench bench;
    REQUIRE(bench.open_capture("trick"));
    REQUIRE(bench.until([&bench] { return bench.log.chunks.size() > 5; }));

    trick.suspended = true;  // for a moment
    bench.pass(2000);
    trick.suspended = false;
    std::size_t chunks = bench.log.chunks.size();
    REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
    const bool patient = bench.log.capture_losses.empty();
    if (!patient && attempts.spoilt()) continue;
    CHECK(patient);

    trick.suspended = true;
    const std::int64_t suspended_ns = audio::now_ns();
    REQUIRE(bench.until([&bench] { return !bench.log.capture_losses.empty(); }));
    const double noticed = ms_since(suspended_ns);
    MESSAGE(bench.log.capture_losses[0].message);
    bench.pass(1000);
    CHECK_FALSE(bench.log.capture_open);
    trick.suspended = false;
    const std::int64_t awake_ns = audio::now_ns();
    chunks = bench.log.chunks.size();
    REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 5; }));
    const double late = ms_since(awake_ns);
    MESSAGE("lost after ", noticed, " ms, back after ", late, " ms");
    if ((noticed > 7000 || late > 2500) && attempts.spoilt()) continue;
    CHECK(noticed >= 4900);
    CHECK(noticed <= 7000);
    CHECK(late <= 2500);
    CHECK(bench.log.capture_losses.size() == 1);
    break;
  }
}

TEST_CASE("a microphone that wakes up has 3 s for its first sound") {
  for (Attempts attempts; attempts.next();) {
    const TrickConfig config;
    TrickPcm& trick = *gv_trick_pcm();
    Bench bench;
    REQUIRE(bench.open_capture("trick"));
    REQUIRE(bench.until([&bench] { return bench.log.chunks.size() > 5; }));
    trick.first_sound_ms = 2900;
    trick.suspended = true;
    bench.pass(500);
    trick.suspended = false;
    const std::size_t chunks = bench.log.chunks.size();
    REQUIRE(bench.until([&bench, chunks] { return bench.log.chunks.size() > chunks + 20; }));
    trick.first_sound_ms = 0;
    const std::size_t losses = bench.log.capture_losses.size();
    if (losses > 0 && attempts.spoilt()) continue;
    CHECK(losses == 0);
    break;
  }
}

// It takes more than it had room for when it was asked.
TEST_CASE("a speaker that plays on while it is written to is not made anew for it") {
  const TrickConfig config;
  const TrickPcm& trick = *gv_trick_pcm();
  Bench bench;
  REQUIRE(bench.open_playback("trick"));
  bench.say(1, sweep(4, audio::playback_rate));
  bench.end(1);
  REQUIRE(bench.until([&bench] { return !bench.log.starts.empty(); }));
  const int prepared = trick.prepared;
  REQUIRE(bench.until([&bench] { return !bench.log.ends.empty(); }));
  CHECK_FALSE(bench.log.ends[0].cut);
  CHECK(trick.prepared <= prepared + 1);  // for the next answer
  CHECK(bench.engine->counters().playback_xruns == 0);
}

TEST_CASE("the only microphone comes back after a loss though it takes 7.5 s to open") {
  const TrickConfig config;
  TrickPcm& trick = *gv_trick_pcm();
  Bench bench;
  REQUIRE(bench.open_capture("trick"));
  trick.suspended = true;
  REQUIRE(bench.until([&bench] { return !bench.log.capture_losses.empty(); }));
  trick.opening_ms = 7500;
  trick.suspended = false;
  CHECK(bench.until([&bench] { return bench.log.capture_open; }));
  trick.opening_ms = 0;
}
