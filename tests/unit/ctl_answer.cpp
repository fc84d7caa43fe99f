#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "ctl/answer.hpp"

using gv::ctl::Answer;
using State = Answer::State;

namespace {

using Event = boost::json::object;

Event delta(int turn, const char* text = "…") {
  return {{"event", "transcript_delta"}, {"turn", turn}, {"role", "model"}, {"text", text}};
}
Event said(int turn, const char* text, const char* role = "model") {
  return {{"event", "transcript_completed"}, {"turn", turn}, {"role", role}, {"text", text}};
}
Event over(int turn) {
  return {{"event", "turn_completed"}, {"turn", turn}};
}
Event called(const char* id) {
  return {{"event", "tool_called"}, {"call_id", id}, {"name", "n"}, {"arguments", "{}"}};
}
Event finished(const char* id) {
  return {{"event", "tool_finished"}, {"call_id", id}, {"name", "n"}, {"result", "{}"}};
}

State after(Answer& answer, const std::vector<Event>& events) {
  for (const Event& event : events)
    answer.take(event);
  return answer.state();
}

}  // namespace

TEST_CASE("without tools the turn's own text is the answer, as soon as it is whole") {
  Answer a(7);
  CHECK(after(a, {said(6, "older"), over(6), said(7, "how?", "user"), delta(7)}) == State::waiting);
  CHECK(after(a, {said(7, "so")}) == State::complete);
  CHECK(a.text() == "so");
  CHECK(a.turn() == 7);
}

TEST_CASE("a turn without words is no answer") {
  Answer a(7);
  CHECK(after(a, {over(6)}) == State::waiting);
  CHECK(after(a, {over(7)}) == State::none);
}

TEST_CASE("a model that waits for its tool answers in the same turn") {
  Answer a(7);
  CHECK(after(a, {called("c"), finished("c")}) == State::waiting);
  CHECK(after(a, {delta(7), said(7, "it is five")}) == State::complete);
}

TEST_CASE("what is said while a tool is at work is not the answer") {
  Answer a(7);
  CHECK(after(a, {delta(7), called("c"), said(7, "I look"), over(7)}) == State::waiting);
  CHECK(after(a, {finished("c")}) == State::perhaps);
  CHECK(after(a, {delta(8)}) == State::waiting);
  CHECK(after(a, {over(7)}) == State::waiting);
  CHECK(after(a, {said(8, "it is five")}) == State::complete);
  CHECK(a.text() == "it is five");
  CHECK(a.turn() == 8);
}

TEST_CASE("a tool that finishes while the model speaks may be spoken of or not") {
  Answer a(7);
  CHECK(after(a, {delta(7), called("c"), finished("c"), delta(7), said(7, "I look")}) ==
        State::perhaps);
  SUBCASE("it was") {
    CHECK(after(a, {over(7)}) == State::perhaps);
    CHECK(a.text() == "I look");
  }
  SUBCASE("it is, later") {
    CHECK(after(a, {over(7), said(8, "five")}) == State::complete);
    CHECK(a.text() == "five");
  }
}

TEST_CASE("several tools, and tools that follow from tools") {
  Answer a(7);
  CHECK(after(a, {called("a"), called("b"), finished("a"), delta(7), said(7, "one"), over(7)}) ==
        State::waiting);
  CHECK(after(a, {finished("b"), delta(8), called("c"), said(8, "two"), over(8)}) ==
        State::waiting);
  CHECK(after(a, {finished("c"), over(8), delta(9), said(9, "three")}) == State::complete);
  CHECK(a.text() == "three");
}

TEST_CASE("a silent first turn with a tool is no missing answer") {
  Answer a(7);
  CHECK(after(a, {called("c"), over(7)}) == State::waiting);
  CHECK(after(a, {finished("c"), over(7)}) == State::waiting);
  CHECK(after(a, {delta(8)}) == State::waiting);
  CHECK(after(a, {said(8, "done")}) == State::complete);
}

TEST_CASE("a tool of an older question does not hold the answer back") {
  Answer a(7);
  CHECK(after(a, {finished("old"), said(7, "so")}) == State::complete);
}
