// A machine whose turns go by the talk key, the key, and the driver's answers besides.
#pragma once

#include <cstdint>

#include "tests/unit/listening_bench.hpp"

namespace gv::test {

inline constexpr std::int64_t ms = 1'000'000;

inline input::Start by_key(bool interruptions = true) {
  config::Profile profile;
  profile.turn_taking = config::TurnTaking::push_to_talk;
  profile.interruptions = interruptions;
  return Bench::start_with(profile);
}

struct TalkBench : Bench {
  void press() { step(input::Talk{true}); }
  void release() {
    step(input::Talk{false});
    wait_ms(80);
    step(input::TimerFired{Timer::talk});
  }
  void hold(std::int64_t length_ms) {
    press();
    wait_ms(length_ms);
    release();
  }
  void reconnect() {
    step(input::TransportOpened{});
    message({live::SetupComplete{}});
  }
  std::size_t begun() const { return all<action::SendMicrophone>().size(); }
  std::size_t ended() const { return all<action::EndMicrophone>().size(); }
};

}  // namespace gv::test
