// The sim's script language: what it accepts, what it says of mistakes, when a rule is due.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/script.hpp"

namespace {

using namespace gv::sim;

std::string complaint(const std::string& rule) {
  try {
    parse_script("[" + rule + "]");
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

template <typename T>
T action(const std::string& rule) {
  return std::get<T>(parse_script("[" + rule + "]").at(0).action);
}

}  // namespace

TEST_CASE("actions") {
  CHECK(action<SendAction>(
            R"({"on":"ready","do":"send","json":{"goAway":{}},"frame":"text","fragments":3})")
            .payload == R"({"goAway":{}})");
  CHECK(action<SendAction>(R"({"on":"ready","do":"send","json":{},"dribble":true})").dribble);
  CHECK(action<SendAction>(R"({"on":"ready","do":"send","json":{},"fragments":3})").fragments == 3);
  CHECK(action<SendAction>(R"({"on":"ready","do":"send","json":{},"frame":"text"})").text);
  CHECK(
      action<SendAction>(R"({"on":"ready","do":"send","base64":"/w==","frame":"none"})").unframed);
  CHECK(action<SendAction>(R"({"on":"ready","do":"send","base64":"/w=="})").payload == "\xff");
  CHECK(action<SendAction>(R"({"on":"ready","do":"garbage","bytes":100})").payload.size() == 100);
  CHECK(action<SendAction>(R"({"on":"ready","do":"huge","bytes":5000})").payload.size() > 5000);
  CHECK(!action<SendAction>(R"({"on":"ready","do":"malformed"})").payload.empty());
  CHECK(action<CloseAction>(R"({"on":"ready","do":"close","code":1011,"reason":"r"})").code ==
        1011);
  CHECK(action<CloseAction>(R"({"on":"ready","do":"quota"})")
            .reason.starts_with("You exceeded your current quota"));
  CHECK(action<DropAction>(R"({"on":"ready","do":"drop","how":"silent"})").how ==
        DropAction::How::silent);
  CHECK(action<RefuseAction>(R"({"on":"connect","do":"refuse","status":429,"body":"no"})").status ==
        429);
  CHECK(action<GoAwayAction>(R"({"on":"ready","do":"go_away","time_left_ms":9500})").time_left_ms ==
        9500);
  CHECK(action<LateAudioAction>(R"({"on":"interrupted","do":"late_audio","audio_ms":100})").ms ==
        100);
  CHECK(
      action<ToolCallAction>(R"({"on":"text","do":"tool_call","id":"x","name":"f","args":{"a":1}})")
          .calls.at(0)
          .args.at("a") == 1);
}

TEST_CASE("set changes what it names and nothing else") {
  Quirks quirks;
  const SetAction set = action<SetAction>(
      R"({"on":"setup","do":"set","text_frames":true,"pong_delay_ms":-1,"next":"bundled","answer_rate":48000})");
  CHECK(set.changes.size() == 4);
  for (const auto& change : set.changes) {
    change(quirks);
  }
  CHECK(quirks.text_frames);
  CHECK(quirks.pong_delay_ms == -1);
  CHECK(quirks.next == NextAnswer::bundled);
  CHECK(quirks.answer_rate == 48'000);
  CHECK(!quirks.odd_chunks);
  CHECK(!quirks.think_ms);
}

TEST_CASE("mistakes are named with their rule and key") {
  CHECK(complaint(R"({"on":"ready","do":"close"})") == "");
  CHECK(complaint(R"({"on":"ready","do":"close","cod":1})") ==
        "script: rule 1: \"cod\": is not known here");
  CHECK(complaint(R"({"on":"ready","do":"close"},{"on":"never","do":"close"})") ==
        "script: rule 2: \"on\": \"never\" is not known");
  CHECK(complaint(R"({"on":"ready","do":"explode"})") != "");
  CHECK(complaint(R"({"on":"ready"})") == "script: rule 1: \"do\": is missing");
  CHECK(complaint(R"({"on":"ready","do":"set"})") != "");
  CHECK(complaint(R"({"on":"ready","do":"set","mute":1})") != "");
  CHECK(complaint(R"({"on":"ready","do":"set","next":"odd"})") != "");
  CHECK(complaint(R"({"on":"ready","do":"send"})") != "");
  CHECK(complaint(R"({"on":"ready","do":"send","base64":"?"})") != "");
  CHECK(complaint(R"({"on":"audio_ms","do":"close"})") == "script: rule 1: \"ms\": is missing");
  CHECK(complaint(R"({"on":"ready","do":"refuse"})") != "");
  CHECK(complaint(R"({"on":"connect","after_ms":5,"do":"refuse"})") != "");
  CHECK(complaint(R"({"on":"ready","nth":0,"do":"close"})") != "");
  CHECK(complaint("5") != "");
  CHECK_THROWS_AS(parse_script("{}"), std::runtime_error);
  CHECK_THROWS_AS(parse_script("[{]"), std::runtime_error);
}

TEST_CASE("nth counts over the run, or on one connection") {
  Script script(parse_script(R"([
    {"on":"text","nth":2,"do":"close"},
    {"on":"text","nth":"every","after_ms":7,"do":"interrupt"},
    {"on":"text","conn":3,"do":"drop"}])"));
  CHECK(script.fire(Event::text, 1).size() == 1);
  const auto second = script.fire(Event::text, 2);
  REQUIRE(second.size() == 2);
  CHECK(second[0].after_ms == 0);
  CHECK(std::holds_alternative<CloseAction>(*second[0].action));
  CHECK(second[1].after_ms == 7);
  const auto third = script.fire(Event::text, 3);
  REQUIRE(third.size() == 2);
  CHECK(std::holds_alternative<DropAction>(*third[1].action));
  CHECK(script.fire(Event::text, 3).size() == 1);
  CHECK(script.fire(Event::ready, 3).empty());
}

TEST_CASE("progress is due once, when it passes the mark") {
  Script script(parse_script(R"([{"on":"audio_ms","ms":100,"nth":"every","do":"close"}])"));
  CHECK(script.fire(Event::audio_ms, 1, -1, 99).empty());
  CHECK(script.fire(Event::audio_ms, 1, 99, 100).size() == 1);
  CHECK(script.fire(Event::audio_ms, 1, 100, 140).empty());
  CHECK(script.fire(Event::audio_ms, 2, -1, 140).size() == 1);
  Script at_once(parse_script(R"([{"on":"answer_ms","ms":0,"do":"close"}])"));
  CHECK(at_once.fire(Event::answer_ms, 1, -1, 0).size() == 1);
}
