// The machine and the tools: what the model calls, what the user allows, what the service is told.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/unit/tools_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::ToolsBench;
namespace json = boost::json;

TEST_CASE("a call is planned, run and answered by its id, and told to who watches") {
  ToolsBench bench;
  bench.begin_with({bench.function("set_volume", true)});
  bench.call("fc-1", "set_volume", R"({"percent":40})");
  CHECK(bench.state() == State::thinking);
  REQUIRE(bench.all<action::ToolCalled>().size() == 1);
  CHECK(bench.all<action::ToolCalled>()[0].call == "fc-1");
  CHECK(bench.all<action::ToolCalled>()[0].arguments == R"({"percent":40})");
  bench.plan(bench.allowed());
  REQUIRE(bench.all<action::RunTool>().size() == 1);
  CHECK(bench.all<action::RunTool>()[0].name == "set_volume");
  bench.finish(R"({"output":"40"})");
  CHECK(bench.responses() ==
        json::parse(R"([{"id":"fc-1","name":"set_volume","response":{"output":"40"}}])"));
  CHECK(bench.all<action::ToolDone>()[0].result == R"({"output":"40"})");
  const auto words = bench.all<action::Completed>();
  REQUIRE(words.size() == 1);
  CHECK(words[0].role == Role::tool);
  CHECK(words[0].text == R"(set_volume {"percent":40} -> {"output":"40"})");
  CHECK(bench.machine.calls().empty());
  CHECK(bench.machine.counters().tool_calls == 1);
  CHECK(bench.machine.counters().tool_errors == 0);
}

TEST_CASE("what cannot be done is answered with the reason, and nothing runs") {
  ToolsBench bench;
  bench.begin_with({bench.function("set_volume", true)});
  bench.call("fc-1", "format_disk");
  tools::Plan plan;
  plan.refusal = "There is no function of that name.";
  bench.plan(plan);
  CHECK_FALSE(bench.any<action::RunTool>());
  CHECK(bench.responses().at(0).at("response").at("error") == "There is no function of that name.");
  bench.call("fc-2", "set_volume", "");
  CHECK(bench.responses().at(1).at("id") == "fc-2");
  CHECK(bench.responses().at(1).at("response").as_object().contains("error"));
  CHECK(bench.machine.counters().tool_errors == 2);
  CHECK(bench.machine.calls().empty());
}

TEST_CASE("every id of parallel calls is answered, in the order of their ends") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  bench.message({live::ToolCall{"a", "look_up", "{}"}, live::ToolCall{"b", "look_up", "{}"}});
  const auto plans = bench.all<action::PlanTool>();
  REQUIRE(plans.size() == 2);
  bench.step(input::ToolPlanned{plans[0].call, bench.allowed()});
  bench.step(input::ToolPlanned{plans[1].call, bench.allowed()});
  bench.step(input::ToolFinished{plans[1].call, {false, R"({"output":2})", {}}});
  bench.step(input::ToolFinished{plans[0].call, {false, R"({"output":1})", {}}});
  CHECK(bench.responses().at(0).at("id") == "b");
  CHECK(bench.responses().at(1).at("id") == "a");
}

TEST_CASE("a service that calls without end is refused, one that repeats an open id is ignored") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  for (std::size_t i = 0; i < ToolCalls::max_open; ++i)
    bench.call("c" + std::to_string(i), "look_up");
  CHECK_FALSE(bench.any<action::Send>());
  bench.call("c0", "look_up");
  CHECK_FALSE(bench.any<action::Send>());
  bench.call("one-more", "look_up");
  CHECK(bench.responses().at(0).at("id") == "one-more");
  CHECK(bench.machine.calls().all().size() == ToolCalls::max_open);
}

TEST_CASE("the user is asked, and what they say is done") {
  ToolsBench bench;
  bench.begin_with({bench.function("open_page", false)});
  bench.call("fc-1", "open_page");
  bench.plan(bench.asks("xdg-open https://example.org"));
  REQUIRE(bench.all<action::AskUser>().size() == 1);
  CHECK(bench.all<action::AskUser>()[0].what == "xdg-open https://example.org");
  CHECK_FALSE(bench.any<action::RunTool>());

  SUBCASE("allowed") {
    bench.step(input::ToolAnswered{"fc-1", true});
    CHECK(bench.all<action::StopAsking>().size() == 1);
    CHECK(bench.any<action::RunTool>());
    CHECK(bench.cancelled(Timer::approval));
    // Once: the next one asks again.
    bench.finish(R"({"output":""})");
    bench.forget();
    bench.call("fc-2", "open_page");
    bench.plan(bench.asks("xdg-open https://example.org"));
    CHECK(bench.any<action::AskUser>());
  }
  SUBCASE("denied") {
    bench.step(input::ToolAnswered{"fc-1", false});
    CHECK_FALSE(bench.any<action::RunTool>());
    CHECK(bench.responses().at(0).at("response").as_object().contains("error"));
  }
  SUBCASE("nobody answers") {
    CHECK(bench.timer(Timer::approval) == std::chrono::seconds(60));
    bench.wait_ms(60'000);
    bench.step(input::TimerFired{Timer::approval});
    CHECK(bench.any<action::StopAsking>());
    CHECK(bench.responses().at(0).at("response").as_object().contains("error"));
    // Too late.
    bench.step(input::ToolAnswered{"fc-1", true});
    CHECK_FALSE(bench.any<action::RunTool>());
  }
  SUBCASE("the service takes the call back") {
    bench.message({live::ToolCallCancelled{"fc-1"}});
    CHECK(bench.any<action::StopAsking>());
    CHECK_FALSE(bench.any<action::Send>());
  }
  SUBCASE("the session ends") {
    bench.step(input::Stop{});
    CHECK(bench.any<action::StopAsking>());
    CHECK(bench.any<action::EndTools>());
    CHECK(bench.machine.calls().empty());
  }
}

TEST_CASE("an allowance holds for the session where the configuration says so, and no longer") {
  ToolsBench bench;
  bench.begin_with({bench.function("open_page", false)});
  auto plan = bench.asks("xdg-open");
  plan.remember = true;
  bench.call("fc-1", "open_page");
  bench.plan(plan);
  bench.step(input::ToolAnswered{"fc-1", true});
  bench.finish(R"({"output":""})");
  bench.forget();
  bench.call("fc-2", "open_page");
  bench.plan(plan);
  CHECK(bench.any<action::RunTool>());
  CHECK_FALSE(bench.any<action::AskUser>());
  bench.step(input::Stop{});
  bench.release();
  bench.begin_with({bench.function("open_page", false)});
  bench.call("fc-3", "open_page");
  bench.plan(plan);
  CHECK(bench.any<action::AskUser>());
}

TEST_CASE("an allowance is for what was shown: another thing of that name asks again") {
  ToolsBench bench;
  auto function = bench.function("open_page", false);
  bench.begin_with({function});
  auto plan = bench.asks("xdg-open");
  plan.remember = true;
  bench.call("fc-1", "open_page");
  bench.plan(plan);
  // And the user is told for how long it holds.
  CHECK(bench.all<action::AskUser>()[0].what.find("until the session ends") != std::string::npos);
  bench.step(input::ToolAnswered{"fc-1", true});
  bench.finish(R"({"output":""})");
  function.description = "Deletes everything.";
  bench.step(input::ToolsChanged{{function}, true});
  bench.forget();
  bench.call("fc-2", "open_page");
  bench.plan(plan);
  CHECK(bench.any<action::AskUser>());
  CHECK_FALSE(bench.any<action::RunTool>());
}

TEST_CASE("an id is shown once: who answers means the call that was shown") {
  ToolsBench bench;
  bench.begin_with({bench.function("open_page", false)});
  bench.call("fc-1", "open_page");
  bench.plan(bench.asks("harmless"));
  bench.message({live::ToolCallCancelled{"fc-1"}});
  bench.call("fc-1", "open_page");
  bench.plan(bench.asks("harmful"));
  bench.step(input::ToolAnswered{"fc-1", true});
  CHECK_FALSE(bench.any<action::RunTool>());
  const auto asked = bench.all<action::AskUser>();
  REQUIRE(asked.size() == 2);
  CHECK(asked[1].call == "call-2");
  // To the service it goes by its own id.
  bench.step(input::ToolAnswered{"call-2", false});
  CHECK(bench.responses().at(0).at("id") == "fc-1");
}

TEST_CASE("ids that nobody could type are shown by another name") {
  ToolsBench bench;
  bench.begin_with({bench.function("open_page", false)});
  for (const std::string id : {"", "a b", "--yes", "\x1b[2J"}) {
    CAPTURE(id);
    bench.forget();
    bench.call(id, "open_page");
    const auto shown = bench.all<action::ToolCalled>()[0].call;
    CHECK(shown.starts_with("call-"));
    bench.plan(bench.asks("it"));
    bench.step(input::ToolAnswered{shown, false});
    CHECK(bench.responses().at(0).as_object().contains("id") == !id.empty());
  }
}

TEST_CASE("a call that is taken back is ended, and not answered") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_up", false)});
  bench.call("fc-1", "look_up");
  bench.plan(bench.allowed());
  bench.message({live::ToolCallCancelled{"fc-1"}, live::ToolCallCancelled{"unknown"}});
  CHECK(bench.all<action::CancelTool>().size() == 1);
  CHECK_FALSE(bench.any<action::Send>());
  CHECK(bench.all<action::ToolDone>()[0].result == R"({"cancelled":true})");
}

TEST_CASE("scheduling goes with answers that nobody waited for, to models that know it") {
  ToolsBench bench;
  auto function = bench.function("look_up", false);
  function.scheduling = config::Scheduling::silent;
  config::Profile profile;
  SUBCASE("3.8") {
    bench.begin_with({function}, profile);
    bench.call("fc-1", "look_up");
    bench.plan(bench.allowed());
    bench.finish(R"({"output":1})");
    CHECK(bench.responses().at(0).at("scheduling") == "SILENT");
  }
  SUBCASE("extended thinking") {
    profile.model = "gemini-3.8-live-extended-thinking";
    bench.begin_with({function}, profile);
    bench.call("fc-1", "look_up");
    bench.plan(bench.allowed());
    bench.finish(R"({"output":1})");
    CHECK_FALSE(bench.responses().at(0).as_object().contains("scheduling"));
  }
  SUBCASE("3.1, where every call blocks") {
    profile.model = "gemini-3.1-flash-live-preview";
    bench.begin_with({function}, profile);
    bench.call("fc-1", "look_up");
    CHECK(bench.machine.calls().blocked());
    bench.plan(bench.allowed());
    bench.finish(R"({"output":1})");
    CHECK_FALSE(bench.responses().at(0).as_object().contains("scheduling"));
  }
}
