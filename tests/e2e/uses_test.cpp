// The shipped profiles do what they are for: a lesson leaves a list of words, and customer service
// greets, hears when a person is called for, and leaves a transcript.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <algorithm>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/e2e/support/calls.hpp"
#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/signals.hpp"

using namespace gv::e2e;

namespace {

std::string as_text(const json::object& setup) {
  return json::serialize(setup);
}

// The words of what was completed, as "role: text".
std::vector<std::string> said(Stage& stage) {
  std::vector<std::string> all;
  for (const json::array& one : told(stage, "TranscriptCompleted"))
    all.push_back(std::string(one.at(1).as_string()) + ": " + std::string(one.at(2).as_string()));
  return all;
}

}  // namespace

TEST_CASE("a lesson leaves a list of words") {
  Calls calls;
  calls.at_text(
      "save_word",
      {{"word", "la casa"}, {"translation", "house, home"}, {"example", "Mi casa es tu casa."}});
  StageOptions options;
  options.script = calls.script();
  options.daemon.more = "profiles: {tutor: {learning: {target: Spanish, native: German}}}\n";
  Stage stage(options);
  stage.voice->start("tutor");
  stage.voice->wait_for_state("listening");
  const json::object setup = setup_of(stage, 1);
  CHECK(declared(setup) == std::vector<std::string>{"save_word"});
  CHECK(has(as_text(setup), "The user learns Spanish"));
  CHECK(has(as_text(setup), "own language is German"));
  CHECK(output_of(call(stage, 1)) == "It is in the list now.");
  stage.voice->stop();
  stage.voice->wait_for_state("idle");

  const Result csv = ctl(stage, {"words", "export"});
  CHECK_MESSAGE(csv.status == 0, csv.errors);
  CHECK(has(csv.output,
            "\r\n\"la casa\",\"house, home\",\"Mi casa es tu casa.\",\"\",\"Spanish\",20"));
  CHECK_FALSE(has(stage.daemon->log(), "casa"));

  CHECK(ctl(stage, {"start", "--off-the-record", "-p", "tutor"}).status == 0);
  stage.voice->wait_for_state("listening");
  CHECK(declared(setup_of(stage, 2)).empty());
}

TEST_CASE("customer service greets, calls for a person, and leaves a transcript") {
  TempDir folder;
  Calls calls;
  // What the service understood of the user's voice, in pieces.
  for (const char* words : {" I want a", " REAL Person", ", please."}) {
    calls.rule({{"on", "turn_complete"},
                {"do", "send"},
                {"json", {{"serverContent", {{"inputTranscription", {{"text", words}}}}}}}});
  }
  StageOptions options;
  options.script = calls.script();
  options.sim = {"--transcript=Welcome to us."};
  options.answer = white_noise(0.5, 24000, 7);
  options.daemon.more =
      "profiles: {support: {transcript_folder: " + (folder / "transcripts").string() + "}}\n";
  Stage stage(options);
  stage.voice->start("support");
  // The model speaks first: nobody has said anything yet.
  stage.voice->wait_for_signal("TranscriptCompleted");
  CHECK(said(stage) == std::vector<std::string>{"model: Welcome to us."});
  CHECK(stage.sim->count("client_content") == 1);
  const BusSignal asked = stage.voice->wait_for_signal("EscalationRequested");
  CHECK(asked.arguments.at(1).as_string() == "real person");
  CHECK(has(stage.daemon->log(), "escalation_words"));
  stage.voice->stop();
  stage.voice->wait_for_signal("SessionEnded");
  stage.voice->wait_for_state("idle");
  CHECK(told(stage, "EscalationRequested").size() == 1);

  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "transcripts"))
    files.push_back(entry.path());
  REQUIRE(files.size() == 1);
  CHECK(has(files[0].filename().string(), "-support-"));
  const std::string text = read_file(files[0]);
  CHECK(has(text, "): Welcome to us."));
  CHECK(has(text, "): I want a REAL Person, please."));
  CHECK(text.find("Welcome") < text.find("REAL"));
  CHECK_FALSE(has(text, "automated assistant"));  // the greeting's instruction is nobody's words
  CHECK_FALSE(has(stage.daemon->log(), "REAL"));
}
