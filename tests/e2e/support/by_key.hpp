// What tests of the talk key have in common: a service whose turns go by it, a hand, and what came
// of a press at the service.
#pragma once

#include <string>
#include <thread>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"

namespace gv::e2e {

// What a connection (1, 2, ...) got: ( and ) for the marks of activities, . for sound between them.
inline std::string activities(const Stage& stage, int connection) {
  std::string marks;
  for (const json::object& line : stage.sim->events()) {
    if (line.at("conn").to_number<int>() != connection) continue;
    const auto& event = line.at("event").as_string();
    if (event == "activity_start") marks += '(';
    if (event == "activity_end") marks += ')';
    if (event == "audio" && !marks.ends_with('.')) marks += '.';
  }
  return marks;
}

inline StageOptions by_key(const std::string& script = {}) {
  StageOptions options;
  options.sim = {"--answer=none"};
  options.script = script;
  options.daemon.more = "profiles: {assistant: {turn_taking: push-to-talk}}\n";
  return options;
}

// The user's hand: nobody presses a key in no time.
inline void hold(milliseconds time) {
  std::this_thread::sleep_for(time);
}

// Until the last sample of the phrase has crossed the device.
inline void wait_until_heard(const Microphone& microphone, std::size_t phrase, std::size_t size) {
  microphone.wait_until_said(phrase, milliseconds(20'000));
  require("the phrase is out of the device", [&microphone, phrase, size] {
    return now_ns() > microphone.time_of(phrase, size) + 30'000'000;
  });
}

// How much of it the service got.
inline double heard(const Stage& stage, const Microphone& microphone, const Samples& said) {
  const Samples uplink = stage.sim->uplink();
  if (stage.bed->exact()) return find_exact(uplink, said) ? 1 : 0;
  return find_similar(uplink, thinned(said, microphone.rate() / 16000)).similarity;
}

}  // namespace gv::e2e
