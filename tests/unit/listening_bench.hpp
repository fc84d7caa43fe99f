// A session that is set up and can be resumed, and how its connections end.
#pragma once

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "tests/unit/machine_bench.hpp"

namespace gv::test {

inline input::TransportClosed closed(std::uint16_t code, std::string reason = "") {
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::open;
  info.code = code;
  info.reason = std::move(reason);
  return {info};
}

inline input::TransportClosed unreachable() {
  live::CloseInfo info;
  info.local_error = "Connection refused";
  return {info};
}

// A session that listens and can be resumed.
struct Listening : Bench {
  explicit Listening(const input::Start& start = start_with()) {
    begin(start);
    message({live::ResumptionUpdate{"h1", true}});
    forget();
  }
  // What the connection that was asked for answers.
  void connected() {
    REQUIRE(any<action::OpenTransport>());
    forget();
    step(input::TransportOpened{});
    message({live::SetupComplete{}});
  }
  std::string setup() const {
    for (const auto& send : all<action::Send>()) {
      if (send.message.starts_with(R"({"setup":)")) return send.message;
    }
    return "";
  }
  bool sent(std::string_view words) const {
    for (const auto& send : all<action::Send>()) {
      if (send.message.find(words) != std::string::npos) return true;
    }
    return false;
  }
  void fire(Timer timer) { step(input::TimerFired{timer}); }
};

}  // namespace gv::test
