// `ask` in pipes and with tools, the pages of a search, and pictures of files.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/picture.hpp"
#include "tests/e2e/support/programs.hpp"

using namespace gv::e2e;

namespace {

Environment environment(const Stage& stage) {
  Environment all = stage.bed->environment();
  all.merge(stage.bus.environment());
  return all;
}

// $ctl is the command line.
Result shell(const Stage& stage, const std::string& line) {
  Environment all = environment(stage);
  all["ctl"] = programs::ctl();
  return run({"sh", "-c", line}, all, milliseconds(40'000));
}

}  // namespace

TEST_CASE("ask answers in a pipe, and its exit code tells") {
  StageOptions options;
  options.sim = {"--transcript=one two three four"};
  Stage stage(options);
  const Result counted = shell(stage, "echo question | \"$ctl\" ask - | wc -w");
  CHECK_MESSAGE(counted.status == 0, counted.errors);
  CHECK(std::stoi(counted.output) == 4);
  stage.voice->wait_for_state("idle");  // it ended what it began
  const Result failed = shell(stage, "echo question | \"$ctl\" --timeout=0.01 ask -");
  CHECK(failed.status == 4);
  CHECK(failed.output.empty());
}

TEST_CASE("ask prints the answer that comes after a tool, and not the words before it") {
  Calls calls;
  // The model says something at once, and calls; what the tool says comes in a turn of its own.
  calls.rule({{"on", "text"}, {"do", "tool_call"}, {"id", "fc-1"}, {"name", "look_up"}});
  StageOptions options;
  options.script = calls.script();
  options.daemon.more =
      "profiles: {assistant: {tools: [look_up]}}\n"
      "tools: {commands: {look_up: {description: L, argv: [sh, -c, \"sleep 3; echo forty-two\"], "
      "approval: allow}}}\n";
  Stage stage(options);
  const Result answer = shell(stage, "\"$ctl\" ask what is it");
  CHECK_MESSAGE(answer.status == 0, answer.errors);
  CHECK(has(answer.output, "forty-two"));
  CHECK_FALSE(has(answer.output, "You wrote"));
  CHECK(std::ranges::count(answer.output, '\n') == 1);
}

TEST_CASE("ask says on stderr that a tool waits for a word, and how to give it") {
  Calls calls;
  calls.at_text("look_up");
  StageOptions options;
  options.script = calls.script();
  options.daemon.more =
      "profiles: {assistant: {tools: [look_up]}}\n"
      "tools: {commands: {look_up: {description: L, argv: [echo, found]}}}\n";
  Stage stage(options);
  Environment all = environment(stage);
  Process asking({programs::ctl(), "--timeout=30", "ask", "what is it"}, all);
  require("the line to type is there",
          [&asking] { return has(asking.errors(), "gemini-voicectl approve fc-1"); });
  CHECK(asking.output().empty());
  const Result approved = shell(stage, "\"$ctl\" approve fc-1");
  CHECK_MESSAGE(approved.status == 0, approved.errors);
  CHECK(asking.wait(milliseconds(30'000)) == 0);
  CHECK(has(asking.output(), "found"));
}

TEST_CASE("the pages of a search reach the transcript, TurnCompleted and the watcher") {
  Calls calls;
  calls.rule({{"on", "answer_start"},
              {"do", "send"},
              {"json",
               {{"serverContent",
                 {{"groundingMetadata",
                   {{"groundingChunks",
                     json::array{json::object{
                         {"web", {{"uri", "https://example.org/rain"}, {"title", "Rain today"}}}}}},
                    {"searchEntryPoint", {{"renderedContent", "<html>"}}}}}}}}}});
  StageOptions options;
  options.script = calls.script();
  options.daemon.more = "profiles: {assistant: {google_search: true}}\n";
  Stage stage(options);
  stage.start_session();
  CHECK(has(json::serialize(stage.sim->wait_for("setup")), "google_search"));
  Process watching({programs::ctl(), "watch"}, environment(stage));
  require("the watcher watches", [&watching] { return has(watching.output(), "listening"); });
  stage.voice->say("Will it rain?");
  const BusSignal done = stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, 0, milliseconds(20'000));
  CHECK(has(json::serialize(done.arguments), "https://example.org/rain"));
  const BusSignal words = stage.voice->wait_for_signal(
      "TranscriptCompleted",
      [](const json::array& arguments) { return arguments.at(1).as_string() == "model"; });
  CHECK(has(json::serialize(words.arguments), "Rain today"));
  const Result transcript = shell(stage, "\"$ctl\" transcript");
  CHECK(has(transcript.output, "https://example.org/rain"));
  require("the watcher shows it",
          [&watching] { return has(watching.output(), "https://example.org/rain"); });
}

TEST_CASE("send-image shows the model a picture, and says what is wrong with others") {
  Stage stage;
  const path file = stage.dir / "pixel.png";
  write_file(file, white_pixel());
  const Result early = shell(stage, "\"$ctl\" send-image " + file.string());
  CHECK(early.status == 1);  // no session runs
  stage.start_session();
  const Result sent = shell(stage, "\"$ctl\" send-image " + file.string());
  CHECK_MESSAGE(sent.status == 0, sent.errors);
  CHECK(stage.sim->wait_for("video").at("bytes").to_number<int>() > 100);
  write_file(stage.dir / "rubbish.png", "this is no picture");
  const Result rubbish =
      shell(stage, "\"$ctl\" send-image " + (stage.dir / "rubbish.png").string());
  CHECK(rubbish.status != 0);
  CHECK(std::ranges::count(rubbish.errors, '\n') == 1);
  CHECK(shell(stage, "\"$ctl\" send-image /no/such/file").status != 0);
  CHECK(stage.sim->count("video") == 1);
  CHECK(stage.voice->state() == "listening");
}
