// watch --levels: what its line says, in every state, at every width.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "ctl/watch_meters.hpp"

using namespace gv::ctl;
using boost::json::object;

namespace {

Meters talking(double microphone, double speaker) {
  Meters meters;
  meters.take_event({{"event", "status"},
                     {"state", "listening"},
                     {"muted", false},
                     {"capture_open", true},
                     {"playback_open", true},
                     {"echo_mode", "cancel"}});
  meters.take_statistics({{"microphone_dbfs", microphone},
                          {"speaker_dbfs", speaker},
                          {"echo_erle_db", 31.4},
                          {"connects", 1}});
  return meters;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("two bars, their numbers, the echo mode and what is cancelled") {
  CHECK(draw(talking(-30, -60), 87, false) ==
        "mic [######......] -30 dBFS  speaker [............] -60 dBFS  echo cancel, ERLE 31 dB");
  CHECK(describe(talking(-23.44, -96)) ==
        "microphone -23.4 dBFS, speaker -96.0 dBFS, echo cancel, ERLE 31 dB");
}

TEST_CASE("a bar is empty at -60 dBFS and below, and full at 0 and above") {
  for (const double level : {-96.0, -60.0, -20.0, 0.0, 3.0}) {
    const std::string line = draw(talking(level, -96), 200, false);
    const auto filled = static_cast<int>(std::count(line.begin(), line.end(), '#'));
    CHECK(filled == (level <= -60 ? 0 : level < 0 ? 27 : 40));
  }
}

TEST_CASE("never wider than the terminal, whose last column stays free") {
  for (const Meters& meters : {talking(-20, -20), Meters(), [] {
                                 Meters idle;
                                 idle.take_event({{"event", "status"}, {"state", "idle"}});
                                 return idle;
                               }()}) {
    for (unsigned columns = 0; columns < 200; ++columns) {
      CAPTURE(columns);
      CHECK(draw(meters, columns, false).size() < std::max(1U, columns));
    }
  }
  CHECK(has(draw(talking(-20, -20), 60, false), "cancel"));
  CHECK_FALSE(has(draw(talking(-20, -20), 60, false), "["));
  CHECK(draw(talking(-20, -20), 40, false) == "mic -20 dBFS  speaker -20 dBFS");
  CHECK(has(draw(talking(-20, -20), 120, false), "["));
}

TEST_CASE("colours: only where wanted, and they take no columns") {
  const std::string coloured = draw(talking(-3, -30), 100, true);
  CHECK(has(coloured, "\033[31m"));
  std::string bare;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\033') {
      i = coloured.find('m', i);
    } else {
      bare += coloured[i];
    }
  }
  CHECK(bare == draw(talking(-3, -30), 100, false));
  CHECK_FALSE(has(draw(talking(-30, -30), 100, true), "\033[31m"));
}

TEST_CASE("a muted microphone, and devices that are not open yet, have no level") {
  Meters meters = talking(-96, -40);
  meters.take_event({{"event", "properties_changed"}, {"muted", true}, {"capture_open", false}});
  CHECK(has(draw(meters, 80, false), "mic muted  speaker ["));
  CHECK(has(describe(meters), "microphone muted, speaker -40.0 dBFS"));
  CHECK(to_json(meters).at("muted").as_bool());
  meters.take_event({{"event", "properties_changed"}, {"muted", false}, {"playback_open", false}});
  CHECK(has(draw(meters, 80, false), "mic closed  speaker closed"));
}

TEST_CASE("ERLE is the canceller's: in another mode there is none") {
  Meters meters = talking(-40, -40);
  meters.take_event({{"event", "properties_changed"}, {"echo_mode", "half-duplex"}});
  meters.take_statistics({{"microphone_dbfs", -40.0}, {"echo_erle_db", 31.4}});
  CHECK(has(describe(meters), "echo half-duplex"));
  CHECK_FALSE(has(describe(meters), "ERLE"));
  CHECK_FALSE(to_json(meters).contains("echo_erle_db"));
}

TEST_CASE("without a session, without a daemon, without an answer: said, and no level") {
  Meters meters;
  CHECK(note(meters) == "gemini-voiced is not running");
  CHECK(to_json(meters) == object{{"event", "daemon"}, {"running", false}});
  meters = talking(-20, -20);
  meters.take_event({{"event", "properties_changed"}, {"state", "idle"}});
  CHECK(has(draw(meters, 80, false), "no session runs"));
  CHECK_FALSE(to_json(meters).contains("microphone_dbfs"));
  meters = talking(-20, -20);
  meters.answering = false;
  CHECK(has(describe(meters), "does not answer"));
  meters.take_event({{"event", "daemon"}, {"running", false}});
  CHECK(describe(meters) == "gemini-voiced is not running");
  // What was true of the one before is not of the next.
  meters.take_event({{"event", "daemon"}, {"running", true}});
  CHECK_FALSE(meters.live());
}

TEST_CASE("JSON: the bus's names") {
  const object values = to_json(talking(-23.5, -40.25));
  CHECK(values.at("event") == "levels");
  CHECK(values.at("state") == "listening");
  CHECK(values.at("microphone_dbfs").as_double() == -23.5);
  CHECK(values.at("speaker_dbfs").as_double() == -40.25);
  CHECK(values.at("echo_mode") == "cancel");
  CHECK(values.at("echo_erle_db").as_double() == 31.4);
}
