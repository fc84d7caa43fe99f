// What is said right after Start is heard, however long the connection takes.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"
#include "tests/support/attempts.hpp"

using namespace gv::e2e;

namespace {

// The most sound that came in any stretch of the log that is so long.
double most_ms_in(const std::vector<json::object>& events, std::int64_t stretch_ns) {
  double most = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    double sum = 0;
    for (std::size_t j = i; j < events.size(); ++j) {
      if (t_ns(events[j]) - t_ns(events[i]) > stretch_ns) break;
      if (events[j].at("event").as_string() != "audio") continue;
      sum += events[j].at("bytes").to_number<double>() / 32;
    }
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("speech that begins right after Start arrives whole and in order, not all at once") {
  for (gv::test::Attempts attempts; attempts.next();) {
    StageOptions options;
    options.sim = {"--answer=none"};
    options.script = R"([{"on": "connect", "do": "set", "setup_delay_ms": 1500}])";
    Stage stage(options);
    Microphone microphone(*stage.bed);
    stage.voice->start();
    stage.voice->wait_for_property("CaptureOpen", true);
    const Samples said = speech(3, microphone.rate(), 71);
    const std::size_t phrase = microphone.say(said);
    const std::int64_t ready = t_ns(stage.sim->wait_for("sent", what("setup_complete")));
    microphone.wait_until_said(phrase, milliseconds(20'000));
    require("all of it has come", [&stage, &microphone, phrase, size = said.size()] {
      const auto events = stage.sim->events();
      return t_ns(events.back()) > microphone.time_of(phrase, size) + 500'000'000;
    });
    const double early_ms = static_cast<double>(ready - microphone.time_of(phrase, 0)) / 1e6;
    const Samples uplink = stage.sim->uplink();
    double got = 0;
    if (stage.bed->exact()) {
      got = find_exact(uplink, said) ? 1 : 0;
    } else {
      got = find_similar(uplink, thinned(said, microphone.rate() / 16000)).similarity;
    }
    // 100 ms at once and four times real time, and 50 ms for the network and the stand-in.
    const double burst_ms = most_ms_in(stage.sim->events(), 200'000'000);
    MESSAGE("spoken " << early_ms << " ms before the connection was up; heard: " << got
                      << "; at most " << burst_ms << " ms of it within 200 ms");
    const bool good = got > 0.98 && early_ms > 700 && burst_ms <= 1100;
    if (!good && attempts.spoilt()) continue;
    CHECK(early_ms > 700);
    CHECK(got > 0.98);
    CHECK(burst_ms > 250);
    CHECK(burst_ms <= 1100);
    break;
  }
}
