// What the service says when it will not go on, in every form in which it may say so: a close
// frame, or a message with an error in it (live-api.md section 2.8). service_test has those of the
// start, reconnect_test the ends that a conversation survives.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

struct Refusal {
  int code;  // of the close frame, or of the error in a message
  const char* words;
  const char* status;  // of the error; empty: it comes as a close frame
  const char* error;   // ours
  bool wrapped = true;
};

json::object action(const Refusal& refusal) {
  if (*refusal.status == '\0') {
    return {{"do", "close"}, {"code", refusal.code}, {"reason", refusal.words}};
  }
  json::object error{
      {"code", refusal.code}, {"message", refusal.words}, {"status", refusal.status}};
  if (refusal.wrapped) error = {{"error", error}};
  return {{"do", "send"}, {"json", error}};
}

StageOptions short_answers(json::array rules) {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.script = json::serialize(rules);
  return options;
}

StageOptions refusing(const char* event, int nth, const Refusal& refusal) {
  json::object rule = action(refusal);
  rule["on"] = event;
  rule["nth"] = nth;
  return short_answers({rule});
}

constexpr const char* text_modality =
    "The requested combination of response modalities (TEXT) is not supported by the model.";
constexpr const char* model_gone =
    "models/gone is not found for API version v1beta, or is not supported for bidiGenerateContent.";
constexpr const char* key_refused = "API key not valid. Please pass a valid API key.";
constexpr const char* quota = "You exceeded your current quota, please check your plan.";
constexpr const char* overloaded = "The service is currently unavailable.";

// Nobody is helped by asking again.
constexpr Refusal final_ones[] = {
    {1007, text_modality, "", "ProtocolError"},
    {1007, "no matching speaker voice", "", "ProtocolError"},
    {1007, "Invalid value at 'setup.generation_config.temperature' (TYPE_FLOAT)", "",
     "ProtocolError"},
    {400, text_modality, "INVALID_ARGUMENT", "ProtocolError"},
    {400, key_refused, "INVALID_ARGUMENT", "AuthFailed"},
    {400, "User location is not supported for the API use.", "FAILED_PRECONDITION", "AuthFailed"},
    {401, "Request had invalid authentication credentials.", "UNAUTHENTICATED", "AuthFailed"},
    {403, "The caller does not have permission.", "PERMISSION_DENIED", "AuthFailed"},
    {404, model_gone, "NOT_FOUND", "ModelUnavailable"},
    {400, key_refused, "INVALID_ARGUMENT", "AuthFailed", false},
};

void check_announced(Stage& stage, const Refusal& refusal, std::size_t seen) {
  const Stage::Announced announced = stage.wait_for_error(seen);
  CHECK(announced.name == refusal.error);
  CHECK_MESSAGE(announced.message.find(refusal.words) != std::string::npos, announced.message);
}

// The session has ended with this error, without another attempt, and both devices are released.
void check_over(Stage& stage, const Refusal& refusal, std::size_t seen) {
  check_announced(stage, refusal, seen);
  const BusSignal ended = stage.voice->wait_for_signal(
      "SessionEnded", [](const json::array&) { return true; }, seen);
  CHECK(ended.arguments.at(0).as_string() == "error");
  CHECK(stage.voice->state() == "idle");
  CHECK(last_error(stage) == refusal.error);
  CHECK(errors(stage, seen) == 1);
  CHECK(stage.sim->count("connect") == 1);
  CHECK_FALSE(stage.bed->capture_in_use());
  CHECK_FALSE(stage.bed->playback_in_use());
}

}  // namespace

TEST_CASE("at the start: the session ends at once, with the right name") {
  for (const Refusal& refusal : final_ones) {
    CAPTURE(refusal.words);
    CAPTURE(refusal.status);
    Stage stage(refusing("setup", 1, refusal));
    stage.voice->start();
    check_over(stage, refusal, 0);
  }
}

TEST_CASE("in mid-session: the session ends at once, with the right name") {
  for (const Refusal& refusal : final_ones) {
    CAPTURE(refusal.words);
    CAPTURE(refusal.status);
    Stage stage(refusing("text", 2, refusal));
    stage.start_session();
    talk(stage, "One.");
    const std::size_t seen = stage.voice->signals().size();
    stage.voice->say("Two.");
    check_over(stage, refusal, seen);
  }
}

TEST_CASE("a passing error in a message: the conversation goes on, on the next connection") {
  for (const Refusal& refusal :
       {Refusal{503, overloaded, "UNAVAILABLE", "NetworkUnavailable"},
        Refusal{500, "Internal error encountered.", "INTERNAL", "NetworkUnavailable"},
        Refusal{503, overloaded, "UNAVAILABLE", "NetworkUnavailable", false},
        Refusal{504, "Deadline expired before operation could complete.", "DEADLINE_EXCEEDED", ""},
        Refusal{409, "The operation was aborted.", "ABORTED", ""}}) {
    CAPTURE(refusal.words);
    Stage stage(refusing("text", 2, refusal));
    stage.start_session();
    talk(stage, "One.");
    const std::size_t seen = stage.voice->signals().size();
    stage.voice->say("Two.");
    // The ordinary end of a connection is not worth a word.
    if (*refusal.error != '\0') check_announced(stage, refusal, seen);
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
    CHECK(resumed(setup_of(stage, 2)));
    CHECK(stage.sim->count("connect") == 2);
    CHECK(errors(stage, seen) == (*refusal.error != '\0' ? 1 : 0));
    CHECK(last_error(stage).empty());
    // The connection was still open at the service: it is ended before the next one is made.
    const json::object close = stage.sim->wait_for("close");
    CHECK(close.at("by").as_string() == "client");
  }
}

TEST_CASE("an error that says that the conversation is unknown: another one, told of it") {
  for (const Refusal& refusal :
       {Refusal{404, "BidiGenerateContent session not found", "NOT_FOUND", ""},
        Refusal{404, "Requested entity was not found.", "NOT_FOUND", ""},
        Refusal{400, "Invalid session handle", "INVALID_ARGUMENT", ""}}) {
    CAPTURE(refusal.words);
    Stage stage(refusing("text", 2, refusal));
    stage.start_session();
    talk(stage, "Remember this.");
    const std::size_t seen = stage.voice->signals().size();
    stage.voice->say("Two.");
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
    CHECK_FALSE(resumed(setup_of(stage, 2)));
    const json::object told = stage.sim->wait_for("client_content");
    CHECK(json::serialize(told).find("Remember this.") != std::string::npos);
  }
}

TEST_CASE("a quota: waited for in mid-session, told at the start") {
  const Refusal refusal{429, quota, "RESOURCE_EXHAUSTED", "QuotaExceeded"};
  {
    Stage stage(refusing("setup", 1, refusal));
    stage.voice->start();
    check_over(stage, refusal, 0);
  }
  Stage stage(refusing("text", 2, refusal));
  stage.start_session();
  talk(stage, "One.");
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Two.");
  check_announced(stage, refusal, seen);
  stage.voice->wait_for_state("reconnecting");
  CHECK(last_error(stage) == "QuotaExceeded");
  CHECK(stage.sim->count("connect") == 1);
}

TEST_CASE("a paused conversation that the service has forgotten: the start does not fail for it") {
  for (const Refusal& refusal :
       {Refusal{1008, "BidiGenerateContent session not found", "", ""},
        Refusal{1008, "BidiGenerateContent session expired", "", ""},
        Refusal{1008, "Requested entity was not found.", "", ""},
        Refusal{1007, "Invalid session handle", "", ""},
        Refusal{404, "BidiGenerateContent session not found", "NOT_FOUND", ""}}) {
    CAPTURE(refusal.words);
    CAPTURE(refusal.status);
    Stage stage(refusing("setup", 2, refusal));
    stage.start_session();
    talk(stage, "Remember this.");
    stage.voice->stop();
    stage.voice->wait_for_state("idle");
    stage.start_session();
    CHECK(resumed(setup_of(stage, 2)));
    CHECK_FALSE(resumed(setup_of(stage, 3)));
    const json::object told = stage.sim->wait_for("client_content");
    CHECK(json::serialize(told).find("Remember this.") != std::string::npos);
    CHECK(errors(stage) == 0);
    talk(stage, "And now?");
  }
}
