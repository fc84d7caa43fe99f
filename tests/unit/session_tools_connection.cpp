// The machine and the tools across connections (live-api.md section 7.5), and the microphone while
// the service waits for one (section 2.6).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/unit/tools_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::ToolsBench;
using std::chrono::seconds;

namespace {

void lose(ToolsBench& bench) {
  live::CloseInfo info;
  info.stage = live::CloseInfo::Stage::open;
  info.code = 1006;
  bench.step(input::TransportClosed{info});
  bench.step(input::TimerFired{Timer::retry});
}

void reconnect(ToolsBench& bench) {
  bench.step(input::TransportOpened{});
  bench.message({live::SetupComplete{}});
}

bool said(const std::vector<std::string>& notes, const std::string& part) {
  for (const auto& note : notes) {
    if (note.find(part) != std::string::npos) return true;
  }
  return false;
}

config::Profile old_model() {
  config::Profile profile;
  profile.model = "gemini-3.1-flash-live-preview";
  return profile;
}

}  // namespace

TEST_CASE("a call that the handle knows is answered by its id on the next connection") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  bench.call("fc-1", "look_up");
  bench.plan(bench.allowed());
  bench.message({live::TurnComplete{}, live::ResumptionUpdate{"handle", true}});
  lose(bench);
  bench.finish(R"({"output":7})");
  CHECK(bench.responses().empty());
  reconnect(bench);
  REQUIRE(bench.responses().size() == 1);
  CHECK(bench.responses().at(0).at("id") == "fc-1");
  CHECK(bench.notes().empty());
  CHECK(bench.machine.calls().empty());
}

TEST_CASE("one that it does not know is answered in words, when nobody speaks") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  bench.message({live::ResumptionUpdate{"handle", true}});
  bench.call("fc-1", "look_up");
  bench.plan(bench.allowed());
  lose(bench);
  reconnect(bench);
  bench.forget();
  bench.message({live::InputTranscription{"and"}});
  bench.step(input::ToolFinished{1, {false, R"({"output":7})", {}}});
  CHECK(bench.responses().empty());
  CHECK(bench.notes().empty());
  bench.message({live::TurnComplete{}});
  CHECK(bench.responses().empty());
  CHECK(said(bench.notes(), R"({"output":7})"));
}

TEST_CASE("what was answered since the handle is told again, so that nothing is done twice") {
  ToolsBench bench;
  bench.begin_with({bench.function("next_song", true)});
  bench.message({live::ResumptionUpdate{"handle", true}});
  bench.call("fc-1", "next_song");
  bench.plan(bench.allowed());
  bench.finish(R"({"output":"ok"})");
  CHECK(bench.responses().size() == 1);
  lose(bench);
  bench.forget();
  reconnect(bench);
  CHECK(bench.responses().empty());
  CHECK(said(bench.notes(), "next_song"));
  // And once the service has it in a snapshot, no more.
  bench.message({live::ResumptionUpdate{"handle-2", true}});
  lose(bench);
  bench.forget();
  reconnect(bench);
  CHECK(bench.notes().empty());
}

TEST_CASE("what was typed is asked again after the word of what has been done for it") {
  ToolsBench bench;
  const auto place = [&bench](const std::string& part) {
    const auto sent = bench.all<action::Send>();
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (sent[i].message.find(part) != std::string::npos) return static_cast<int>(i);
    }
    return -1;
  };
  SUBCASE("3.8") {
    bench.begin_with({bench.function("send", true)});
    bench.message({live::ResumptionUpdate{"handle", true}});
    bench.step(input::SendText{"ten to Bob"});
    bench.call("fc-1", "send");
    bench.plan(bench.allowed());
    bool runs = false;
    SUBCASE("done") {
      bench.finish(R"({"output":"sent"})");
    }
    SUBCASE("still at it") {
      runs = true;
    }
    lose(bench);
    bench.forget();
    reconnect(bench);
    REQUIRE(place("ten to Bob") >= 0);
    const int note = place(runs ? "do not call it again" : "Do not call it again");
    REQUIRE(note >= 0);
    CHECK(note < place("ten to Bob"));
  }
  SUBCASE("3.1, which takes no notes: in the same text") {
    bench.begin_with({bench.function("send", true)}, old_model());
    bench.message({live::ResumptionUpdate{"handle", true}});
    bench.step(input::SendText{"ten to Bob"});
    bench.call("fc-1", "send");
    bench.plan(bench.allowed());
    bench.finish(R"({"output":"sent"})");
    lose(bench);
    bench.forget();
    reconnect(bench);
    REQUIRE(place("ten to Bob") >= 0);
    CHECK(place("ten to Bob") == place("Do not call it again"));
  }
}

TEST_CASE("an id that the last connection used is no open one of this connection") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  bench.call("fc-1", "look_up");
  bench.plan(bench.allowed());
  lose(bench);
  reconnect(bench);
  bench.forget();
  bench.call("fc-1", "look_up");
  CHECK(bench.responses().empty());
  CHECK(bench.all<action::PlanTool>().size() == 1);
}

TEST_CASE("a planned change of connection waits for a tool that the service waits for") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", true)});
  bench.message({live::ResumptionUpdate{"handle", true}});
  bench.call("fc-1", "look_up");
  bench.plan(bench.allowed());
  bench.message({live::TurnComplete{}, live::ResumptionUpdate{"handle-2", true}});
  bench.message({live::GoAway{seconds(50)}});
  CHECK_FALSE(bench.any<action::CloseTransport>());
  bench.finish(R"({"output":7})");
  bench.message({live::ResumptionUpdate{"handle-3", true}});
  CHECK(bench.any<action::CloseTransport>());
}

TEST_CASE("the microphone is not sent while an old model waits for a tool, and is again after it") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", true)}, old_model());
  bench.call("fc-1", "look_up");
  CHECK(bench.any<action::CutMicrophone>());
  CHECK(bench.timer(Timer::gate) == seconds(10));

  SUBCASE("answered") {
    bench.forget();
    bench.step(input::ToolPlanned{1, bench.allowed()});
    bench.wait_ms(2000);
    bench.finish(R"({"output":7})");
    REQUIRE(bench.all<action::SendMicrophone>().size() == 1);
    CHECK(bench.all<action::SendMicrophone>()[0].since_ns == bench.now);  // dropped, not kept
    CHECK(bench.cancelled(Timer::gate));
  }
  SUBCASE("taken back") {
    bench.message({live::ToolCallCancelled{"fc-1"}});
    CHECK(bench.any<action::SendMicrophone>());
  }
  SUBCASE("never answered") {
    bench.wait_ms(10'000);
    bench.step(input::TimerFired{Timer::gate});
    CHECK(bench.all<action::SendMicrophone>().size() == 1);
    // Not again for the same call.
    bench.forget();
    bench.step(input::Voice{true});
    CHECK_FALSE(bench.any<action::CutMicrophone>());
  }
  SUBCASE("typed text waits as well") {
    bench.forget();
    bench.step(input::SendText{"hello"});
    CHECK_FALSE(bench.any<action::Send>());
    bench.message({live::ToolCallCancelled{"fc-1"}});
    CHECK(bench.any<action::Send>());
  }
  SUBCASE("an open microphone stays closed to the service") {
    bench.step(input::Mute{true});
    bench.forget();
    bench.step(input::Mute{false});
    CHECK_FALSE(bench.any<action::SendMicrophone>());
  }
  SUBCASE("the connection is lost") {
    lose(bench);
    CHECK(bench.cancelled(Timer::gate));
    bench.forget();
    reconnect(bench);
    CHECK(bench.any<action::SendMicrophone>());
    CHECK_FALSE(bench.any<action::CutMicrophone>());
  }
}

TEST_CASE("models that can wait and listen get the microphone all the time") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", true)});
  bench.call("fc-1", "look_up");
  CHECK(bench.state() == State::thinking);
  CHECK_FALSE(bench.any<action::CutMicrophone>());
}

TEST_CASE("who speaks while the service waits for a tool is not taken for unheard") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", true)});
  bench.call("fc-1", "look_up");
  bench.wait_ms(100);
  bench.step(input::Voice{true});
  bench.wait_ms(2000);
  bench.step(input::Voice{false});
  CHECK(bench.timer(Timer::reaction) == std::chrono::milliseconds(-1));
}

TEST_CASE("the first connection waits for slow servers, for two seconds") {
  ToolsBench bench;
  auto start = ToolsBench::start_with();
  start.tools_ready = false;
  bench.step(start);
  bench.step(input::PlaybackOpened{});
  bench.step(input::CaptureOpened{});
  bench.step(input::TransportOpened{});
  CHECK_FALSE(bench.any<action::Send>());
  CHECK(bench.timer(Timer::tools) == seconds(2));

  SUBCASE("they come in time") {
    bench.step(input::ToolsChanged{{bench.function("look_up", false)}, true});
    REQUIRE(bench.all<action::Send>().size() == 1);
    CHECK(bench.all<action::Send>()[0].message.find("look_up") != std::string::npos);
  }
  SUBCASE("they come later: a new connection, when it disturbs nobody") {
    bench.step(input::TimerFired{Timer::tools});
    CHECK(bench.all<action::Send>().size() == 1);
    bench.message({live::SetupComplete{}});
    bench.message({live::ResumptionUpdate{"handle", true}});
    bench.message({live::InputTranscription{"hi"}});
    bench.forget();
    bench.step(input::ToolsChanged{{bench.function("look_up", false)}, true});
    CHECK_FALSE(bench.any<action::CloseTransport>());
    bench.message({live::TurnComplete{}, live::ResumptionUpdate{"handle-2", true}});
    CHECK(bench.any<action::CloseTransport>());
    CHECK(bench.state() == State::listening);
    bench.step(input::TransportOpened{});
    CHECK(bench.all<action::Send>().back().message.find("look_up") != std::string::npos);
    // A server that changes its mind all the time gets a connection a minute.
    bench.message({live::SetupComplete{}, live::ResumptionUpdate{"handle-3", true}});
    bench.forget();
    bench.step(input::ToolsChanged{{bench.function("other", false)}, true});
    CHECK_FALSE(bench.any<action::CloseTransport>());
    CHECK(bench.timer(Timer::tools) == seconds(60));
    bench.wait_ms(60'000);
    bench.step(input::TimerFired{Timer::tools});
    CHECK(bench.any<action::CloseTransport>());
  }
  SUBCASE("they come one by one: none waits for another") {
    bench.step(input::TimerFired{Timer::tools});
    bench.message({live::SetupComplete{}, live::ResumptionUpdate{"handle", true}});
    bench.forget();
    bench.step(input::ToolsChanged{{bench.function("one", false)}, false});
    CHECK(bench.any<action::CloseTransport>());
    bench.step(input::TransportOpened{});
    CHECK(bench.timer(Timer::tools) == std::chrono::milliseconds(-1));
    REQUIRE(bench.all<action::Send>().size() == 1);
    CHECK(bench.all<action::Send>()[0].message.find("one") != std::string::npos);
    bench.message({live::SetupComplete{}, live::ResumptionUpdate{"handle-2", true}});
    bench.forget();
    bench.step(input::ToolsChanged{{bench.function("two", false)}, true});
    CHECK(bench.any<action::CloseTransport>());
  }
  SUBCASE("an early setupComplete is none") {
    bench.message({live::SetupComplete{}});
    CHECK(bench.state() == State::connecting);
  }
}
