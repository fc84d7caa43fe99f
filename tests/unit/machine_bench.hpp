// A machine, a clock that only tests move, and what the last steps asked for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/session/machine.hpp"

namespace gv::test {

using namespace gv::session;
using gv::live::Events;

struct Bench {
  Machine machine;
  std::int64_t now = 1'000'000'000;
  Actions seen;

  void step(const Input& input) {
    const auto& actions = machine.step(input, now);
    seen.insert(seen.end(), actions.begin(), actions.end());
  }
  void message(const Events& events) { step(input::Message{&events, now}); }
  void wait_ms(std::int64_t ms) { now += ms * 1'000'000; }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& action : seen) {
      if (const auto* it = std::get_if<T>(&action)) found.push_back(*it);
    }
    return found;
  }
  template <class T>
  bool any() const {
    return !all<T>().empty();
  }
  // As it was last set; -1 ms: it was not.
  std::chrono::milliseconds timer(Timer which) const {
    std::chrono::milliseconds delay{-1};
    for (const auto& set : all<action::SetTimer>()) {
      if (set.timer == which) delay = set.delay;
    }
    return delay;
  }
  bool cancelled(Timer which) const {
    for (const auto& cancel : all<action::CancelTimer>()) {
      if (cancel.timer == which) return true;
    }
    return false;
  }
  void forget() { seen.clear(); }
  State state() const { return machine.status().state; }

  static input::Start start_with(config::Profile profile = {}) {
    input::Start start;
    start.session_id = "s1";
    start.profile_name = "assistant";
    start.profile = std::move(profile);
    return start;
  }

  // The engine's answers to a session's end.
  void release() {
    step(input::CaptureClosed{});
    step(input::PlaybackClosed{});
  }
  void begin(const input::Start& start = start_with()) {
    step(start);
    step(input::PlaybackOpened{});
    step(input::CaptureOpened{});
    step(input::TransportOpened{});
    message({live::SetupComplete{}});
    forget();
  }
  // The model answers turn 1 and is being heard.
  void answer(std::string_view words = "hello") {
    message({live::InputTranscription{"hi"}});
    message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{words}});
  }
};

}  // namespace gv::test
