// What is built in of the tools: goodbye and mute; pictures, and the pages of a search.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/unit/tools_bench.hpp"

using namespace gv;
using namespace gv::session;
using gv::test::ToolsBench;

TEST_CASE("goodbye: the farewell is heard to its end, then the session is over") {
  ToolsBench bench;
  bench.begin_with({bench.function("end_session", false)});
  bench.message({live::InputTranscription{"bye"}});
  bench.message({live::AudioPart{"AAAA", 24000}, live::OutputTranscription{"goodbye"}});
  bench.call("fc-1", "end_session");
  tools::Plan plan;
  plan.builtin = tools::Builtin::end_session;
  bench.plan(plan);
  CHECK(bench.responses().at(0).at("id") == "fc-1");
  CHECK(bench.machine.running());

  SUBCASE("as it should be") {
    bench.message({live::GenerationComplete{}, live::TurnComplete{}});
    CHECK(bench.machine.running());
    bench.step(input::Played{1, 900});
    CHECK_FALSE(bench.machine.running());
    bench.release();
    REQUIRE(bench.all<action::Ended>().size() == 1);
    CHECK(bench.all<action::Ended>()[0].reason == EndReason::hung_up);
  }
  SUBCASE("a lost turnComplete") {
    bench.step(input::Played{1, 900});
    CHECK(bench.machine.running());
    bench.step(input::TimerFired{Timer::farewell});
    CHECK_FALSE(bench.machine.running());
  }
  SUBCASE("the user has one more thing to say") {
    bench.message({live::Interrupted{}});
    bench.step(input::Played{1, 300});
    bench.message({live::TurnComplete{}});
    CHECK(bench.machine.running());
    bench.step(input::TimerFired{Timer::farewell});
    CHECK(bench.machine.running());
  }
  SUBCASE("the user speaks on while the farewell's last words are heard") {
    bench.message({live::GenerationComplete{}, live::TurnComplete{}});
    bench.step(input::Voice{true});
    bench.step(input::Played{1, 900});
    CHECK(bench.machine.running());
    bench.message({live::InputTranscription{"one more thing"}});
    bench.step(input::Voice{false});
    bench.message({live::TurnComplete{}});
    CHECK(bench.machine.running());
  }
  SUBCASE("late words of the goodbye keep nobody") {
    bench.message({live::InputTranscription{" bye"}});
    bench.message({live::GenerationComplete{}, live::TurnComplete{}});
    bench.step(input::Played{1, 900});
    CHECK_FALSE(bench.machine.running());
  }
  SUBCASE("the user types one more thing") {
    bench.step(input::SendText{"wait"});
    bench.step(input::Played{1, 300});
    bench.message({live::TurnComplete{}});
    CHECK(bench.machine.running());
  }
}

TEST_CASE("goodbye of a model that speaks after the answer: its farewell is waited for") {
  ToolsBench bench;
  config::Profile profile;
  profile.model = "gemini-3.8-live-extended-thinking";
  bench.begin_with({bench.function("end_session", false)}, profile);
  bench.call("fc-1", "end_session");
  tools::Plan plan;
  plan.builtin = tools::Builtin::end_session;
  bench.plan(plan);
  bench.message({live::TurnComplete{}});
  CHECK(bench.machine.running());
  bench.message({live::AudioPart{"AAAA", 24000}});
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{2, 900});
  CHECK(bench.machine.running());
  bench.wait_ms(3000);
  bench.step(input::TimerFired{Timer::farewell});
  CHECK_FALSE(bench.machine.running());
}

TEST_CASE("the model may close the microphone, and not open it") {
  ToolsBench bench;
  bench.begin_with({bench.function("mute_microphone", false)});
  bench.call("fc-1", "mute_microphone");
  tools::Plan plan;
  plan.builtin = tools::Builtin::mute_microphone;
  bench.plan(plan);
  CHECK(bench.machine.status().muted);
  CHECK(bench.any<action::CloseCapture>());
  CHECK(bench.responses().at(0).at("id") == "fc-1");
}

TEST_CASE("pictures: one a second, before the words about them") {
  ToolsBench bench;
  bench.begin_with({bench.function("look_at_screen", false)});
  bench.call("fc-1", "look_at_screen");
  bench.plan(bench.asks("a screenshot"));
  bench.step(input::ToolAnswered{"fc-1", true});
  const auto running = bench.all<action::RunTool>();
  bench.step(input::ToolFinished{
      running[0].call,
      {false, R"({"output":"here"})", {{"image/jpeg", "one"}, {"image/png", "2"}}}});
  const auto sent = bench.all<action::Send>();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].message ==
        R"({"realtimeInput":{"video":{"data":"b25l","mimeType":"image/jpeg"}}})");
  CHECK(sent[1].message.starts_with(R"({"toolResponse")"));
  CHECK(bench.timer(Timer::picture) == std::chrono::seconds(1));
  bench.forget();
  bench.wait_ms(1000);
  bench.step(input::TimerFired{Timer::picture});
  CHECK(bench.all<action::Send>().size() == 1);
}

TEST_CASE("a model that takes no pictures at any time gets them in the conversation") {
  ToolsBench bench;
  config::Profile profile;
  profile.model = "gemini-2.5-flash-native-audio-latest";
  bench.begin_with({}, profile);
  bench.step(input::SendPicture{{"image/jpeg", "one"}});
  const auto sent = bench.all<action::Send>();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].message.starts_with(R"({"clientContent":)"));
  // There it would interrupt an answer: it waits for its end.
  bench.wait_ms(2000);
  bench.answer();
  bench.forget();
  bench.step(input::SendPicture{{"image/jpeg", "two"}});
  CHECK_FALSE(bench.any<action::Send>());
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{1, 100});
  CHECK(bench.any<action::Send>());
}

TEST_CASE("a model that hears nothing while it waits sees the picture that it waits for") {
  ToolsBench bench;
  config::Profile profile;
  profile.model = "gemini-3.1-flash-live-preview";
  bench.begin_with({bench.function("look_at_screen", false)}, profile);
  bench.call("fc-1", "look_at_screen");
  bench.plan(bench.allowed());
  bench.step(input::ToolFinished{1, {false, R"({"output":"here"})", {{"image/jpeg", "one"}}}});
  const auto sent = bench.all<action::Send>();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].message.starts_with(R"({"realtimeInput":{"video")"));
  CHECK(sent[1].message.starts_with(R"({"toolResponse")"));
}

TEST_CASE("pictures wait for the connection, and not without bound") {
  ToolsBench bench;
  bench.step(ToolsBench::start_with());
  for (int i = 0; i < 6; ++i)
    bench.step(input::SendPicture{{"image/jpeg", "one"}});
  CHECK_FALSE(bench.machine.takes_pictures());
  bench.step(input::TransportOpened{});
  bench.forget();
  bench.message({live::SetupComplete{}});
  CHECK(bench.all<action::Send>().size() == 1);
}

TEST_CASE("the pages that an answer rests on reach the transcript and TurnCompleted, once each") {
  ToolsBench bench;
  bench.begin_with({});
  bench.answer("It rains.");
  bench.message(
      {live::Grounding{"https://a.example/1", "A"}, live::Grounding{"https://b.example/2", ""}});
  bench.message({live::Grounding{"https://a.example/1", "A"}});
  bench.message({live::GenerationComplete{}, live::TurnComplete{}});
  bench.step(input::Played{1, 100});
  const auto words = bench.all<action::Completed>();
  REQUIRE(words.size() == 3);
  CHECK(words[1].details.sources.size() == 2);
  CHECK(words[2].role == Role::tool);
  CHECK(words[2].text == "Google Search: A <https://a.example/1>; https://b.example/2");
  const auto done = bench.all<action::TurnDone>();
  REQUIRE(done.size() == 1);
  CHECK(std::get<std::vector<WebSource>>(done[0].details.at("sources")).size() == 2);
}
