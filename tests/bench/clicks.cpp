#include "tests/bench/clicks.hpp"

#include <algorithm>

#include "tests/bench/scene.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace gv::bench {

std::vector<double> clicks_to_service(Microphone& microphone, const Sim& sim, int rounds) {
  constexpr double every_s = 0.7313;
  constexpr int loud = 3000;
  const unsigned rate = microphone.rate();
  const auto step = static_cast<std::size_t>(every_s * rate);
  Samples clicks(step * static_cast<std::size_t>(rounds + 1));
  const Samples click = tone(0.02, rate, 1000, 16000);
  for (std::size_t at = step; at + step <= clicks.size(); at += step)
    std::ranges::copy(click, clicks.begin() + static_cast<std::ptrdiff_t>(at));
  const std::size_t phrase = microphone.say(clicks);
  microphone.wait_until_said(phrase, milliseconds(60'000));
  const auto is_loud = [](const json::object& line) {
    return line.at("event") == "audio" && line.at("peak").to_number<int>() > loud;
  };
  const std::int64_t last = microphone.time_of(phrase, clicks.size() - step);
  sim.wait_for("audio",
               [&](const json::object& line) { return is_loud(line) && t_ns(line) > last; });
  const std::vector<json::object> events = sim.events();
  std::vector<double> times;
  for (std::size_t at = step; at + step <= clicks.size(); at += step) {
    const std::int64_t sounded = microphone.time_of(phrase, at);
    const std::int64_t next = microphone.time_of(phrase, at + step);
    const auto got = std::ranges::find_if(events, [&](const json::object& line) {
      return is_loud(line) && t_ns(line) > sounded && t_ns(line) < next;
    });
    if (got != events.end()) times.push_back(ms_between(sounded, t_ns(*got)));
  }
  return times;
}

}  // namespace gv::bench
