// Connections that end without asking: the conversation goes on where it can, and the user knows
// (live-api.md sections 2.8, 7.3 to 7.6).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <csignal>

#include <doctest/doctest.h>

#include "tests/e2e/support/conversation.hpp"
#include "tests/e2e/support/microphone.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

StageOptions short_answers(json::array rules) {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.script = json::serialize(rules);
  return options;
}

}  // namespace

TEST_CASE("a lost connection: reconnecting, one word to the user, and the same conversation") {
  for (const char* how : {"fin", "reset"}) {
    CAPTURE(how);
    Stage stage(short_answers({{{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", how}}}));
    stage.start_session();
    talk(stage, "My name is Ada.");
    const std::string session(stage.voice->property("SessionId").as_string());
    const std::size_t seen = stage.voice->signals().size();
    const std::uint64_t turn = stage.voice->say("What is my name?");
    stage.voice->wait_for_state("reconnecting");
    const Stage::Announced announced = stage.wait_for_error(seen);
    CHECK(announced.name == "NetworkUnavailable");
    CHECK(announced.message.find("Reconnecting") != std::string::npos);
    // The question that got no answer is asked again, in the same turn.
    stage.voice->wait_for_signal(
        "TurnCompleted",
        [turn](const json::array& arguments) {
          return arguments.at(0).to_number<std::uint64_t>() == turn;
        },
        seen, milliseconds(20'000));
    CHECK(resumed(setup_of(stage, 2)));
    CHECK(stage.sim->count("text") == 3);
    CHECK(stage.voice->property("SessionId").as_string() == session);
    CHECK(stage.voice->property("LastError").as_array().at(0).as_string().empty());
    CHECK(errors(stage) == 1);
    CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 1);
    CHECK(stage.voice->statistics().at("handovers").to_number<int>() == 0);
  }
}

TEST_CASE("every end of live-api.md section 2.8 in mid-session") {
  struct Row {
    int code;
    const char* words;
    const char* error;  // of the end of the session; empty: it goes on
    bool same_handle;   // the next connection resumes
  };
  for (const Row& row :
       {Row{1000, "", "", true},
        Row{1011, "Deadline expired before operation could complete.", "", true},
        Row{1008, "The operation was aborted.", "", true},
        Row{1008, "Operation is not implemented, or supported, or enabled.", "", true},
        Row{1011, "Internal error encountered.", "", true},
        Row{1011, "The service is currently unavailable.", "", true},
        Row{1008, "BidiGenerateContent session not found", "", false},
        Row{1008, "BidiGenerateContent session expired", "", false},
        Row{1008, "Requested entity was not found.", "", false},
        Row{1007, "Invalid session handle", "", false},
        Row{1007, "setup must be the first message and only the first", "ProtocolError", false},
        Row{1007,
            "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
            "ProtocolError", false},
        Row{1007, "Request contains an invalid argument.", "ProtocolError", false},
        Row{1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.",
            "ProtocolError", false},
        Row{1007, "API key not valid. Please pass a valid API key.", "AuthFailed", false},
        Row{1007, "User location is not supported for the API use.", "AuthFailed", false},
        Row{1008, "models/gone is not found for API version v1beta, or is not supported for bidi",
            "ModelUnavailable", false},
        Row{1008, "Method doesn't allow unregistered callers", "AuthFailed", false},
        Row{1008, "Your project has been denied access.", "AuthFailed", false}}) {
    CAPTURE(row.words);
    Stage stage(short_answers({{{"on", "text"},
                                {"nth", 2},
                                {"do", "close"},
                                {"code", row.code},
                                {"reason", row.words}}}));
    stage.start_session();
    talk(stage, "Remember this.");
    const std::size_t seen = stage.voice->signals().size();
    stage.voice->say("Now it happens.");
    if (*row.error != '\0') {
      const Stage::Announced announced = stage.wait_for_error(seen);
      CHECK(announced.name == row.error);
      CHECK_MESSAGE(announced.message.find(row.words) != std::string::npos, announced.message);
      stage.voice->wait_for_state("idle");
      CHECK(stage.sim->count("connect") == 1);
      continue;
    }
    const json::object setup = setup_of(stage, 2);
    CHECK(resumed(setup) == row.same_handle);
    if (!row.same_handle) {
      const json::object told = stage.sim->wait_for("client_content");
      CHECK(json::serialize(told).find("Remember this.") != std::string::npos);
    }
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
    CHECK(stage.voice->statistics().at("reconnects").to_number<int>() == 1);
  }
}

TEST_CASE("a refused quota is waited for, and the user knows why") {
  Stage stage(short_answers({{{"on", "text"}, {"nth", 2}, {"do", "quota"}}}));
  stage.start_session();
  talk(stage, "One.");
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Two.");
  CHECK(stage.wait_for_error(seen).name == "QuotaExceeded");
  stage.voice->wait_for_state("reconnecting");
  CHECK(stage.sim->count("connect") == 1);
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
}

TEST_CASE("a missing model: the next of fallback_models") {
  StageOptions options = short_answers({});
  options.sim = {"--models=models/second"};
  options.daemon.more =
      "profiles:\n  assistant:\n    model: first\n    fallback_models: [second]\n";
  Stage stage(options);
  stage.start_session();
  CHECK(stage.voice->property("Model").as_string() == "second");
  CHECK(errors(stage) == 0);
}

TEST_CASE("a server that always accepts and then closes is not stormed" *
          doctest::skip(!on_kernel())) {
  // Ten minutes of virtual time.
  StageOptions options = short_answers({{{"on", "ready"},
                                         {"nth", "every"},
                                         {"after_ms", 200},
                                         {"do", "close"},
                                         {"code", 1011},
                                         {"reason", "Internal error encountered."}}});
  options.daemon.more = "session:\n  idle_timeout: 10min\n";
  Stage stage(options);
  stage.voice->start();
  stage.voice->wait_for_state("reconnecting", milliseconds(20'000));
  const BusSignal ended = stage.voice->wait_for_signal(
      "SessionEnded", [](const json::array&) { return true; }, 0, milliseconds(660'000));
  CHECK(ended.arguments.at(0).as_string() == "idle");
  MESSAGE(stage.sim->count("connect") << " connections in ten minutes");
  CHECK(stage.sim->count("connect") < 40);
  CHECK(errors(stage) == 1);
}

TEST_CASE("a peer that fell silent is noticed within a minute; late pongs are forgiven" *
          doctest::skip(!virtual_time())) {
  StageOptions options =
      short_answers({{{"on", "text"}, {"nth", 2}, {"do", "drop"}, {"how", "silent"}},
                     {{"on", "connect"}, {"do", "set"}, {"pong_delay_ms", 30'000}}});
  options.daemon.more = "session:\n  idle_timeout: 1h\n";
  Stage stage(options);
  stage.voice->mute(true);  // so that TCP has nothing to notice it by
  stage.start_session();
  talk(stage, "One.");
  // Five minutes in which only pongs come, each 30 s late.
  const std::int64_t quiet_until = now_ns() + 300'000'000'000;
  require(
      "five quiet minutes", [quiet_until] { return now_ns() > quiet_until; },
      milliseconds(310'000));
  CHECK(stage.sim->count("connect") == 1);
  stage.voice->say("Two.");
  const std::int64_t asked = now_ns();
  stage.voice->wait_for_state("reconnecting", milliseconds(70'000));
  const double seconds = static_cast<double>(now_ns() - asked) / 1e9;
  MESSAGE("noticed after " << seconds << " s");
  CHECK(seconds < 60);
  stage.voice->wait_for_state("thinking", milliseconds(20'000));
}

TEST_CASE("a service that hears and does not react: a nudge, a new connection, and a word") {
  StageOptions options;
  options.answer = tone(0.4, 24000, 440);
  options.script = json::serialize(json::array{
      {{"on", "turn_complete"}, {"conn", 1}, {"after_ms", 500}, {"do", "set"}, {"mute", true}}});
  Stage stage(options);
  Microphone microphone(*stage.bed);
  stage.start_session();
  talk(stage, "Hello.");
  const std::size_t seen = stage.voice->signals().size();
  const std::size_t heard = stage.sim->count("audio");
  require("the service is mute",
          [&stage, heard] { return stage.sim->count("audio") > heard + 50; });
  microphone.say(speech(2.5, microphone.rate(), 71));
  stage.sim->wait_for(
      "audio_stream_end", [](const json::object&) { return true; }, 0, milliseconds(30'000));
  const Stage::Announced announced = stage.wait_for_error(seen);
  CHECK(announced.message.find("say it again") != std::string::npos);
  CHECK(stage.voice->statistics().at("stalls").to_number<int>() == 1);
  CHECK(resumed(setup_of(stage, 2)));
}

TEST_CASE("stop is a pause: the next start goes on, unless it was told to forget") {
  Stage stage(short_answers({}));
  stage.start_session();
  talk(stage, "My name is Ada.");
  const path state = stage.bed->environment().at("XDG_STATE_HOME");
  const path file = state / "gemini-voiced" / "handles.json";
  CHECK(std::filesystem::status(file).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(std::filesystem::status(file.parent_path()).permissions() ==
        std::filesystem::perms::owner_all);
  stage.voice->stop();
  stage.voice->wait_for_state("idle");
  stage.start_session();
  CHECK(resumed(setup_of(stage, 2)));
  stage.voice->stop(true);
  stage.voice->wait_for_state("idle");
  stage.start_session();
  CHECK_FALSE(resumed(setup_of(stage, 3)));
}

TEST_CASE("killed in mid-session: the next daemon starts clean and goes on with the conversation") {
  StageOptions options = short_answers({});
  Stage stage(options);
  stage.start_session();
  talk(stage, "My name is Ada.");
  stage.daemon->process().signal(SIGKILL);
  stage.daemon->process().wait();
  options.daemon.endpoint = stage.sim->endpoint();
  options.daemon.ca_file = stage.authority.file().string();
  require("the devices are free",
          [&stage] { return !stage.bed->capture_in_use() && !stage.bed->playback_in_use(); });
  stage.daemon = std::make_unique<Daemon>(stage.bus, *stage.bed, options.daemon);
  stage.voice->wait_for_state("idle");
  stage.start_session();
  CHECK(resumed(setup_of(stage, 2)));
}
