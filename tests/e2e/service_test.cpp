// What the service, the network or someone in between may do to us: each gives the contract's error
// with the reason in it, the daemon stays up, and the next start works.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

// A session fails: the error that the daemon announced. LastError says the same.
Stage::Announced failing_start(Stage& stage, const std::string& profile = {}) {
  const std::size_t seen = stage.voice->signals().size();
  stage.voice->start(profile);
  const Stage::Announced announced = stage.wait_for_error(seen);
  stage.voice->wait_for_state("idle");
  const json::array last = stage.voice->property("LastError").as_array();
  std::string name(last.at(0).as_string());
  CHECK(name.substr(name.rfind('.') + 1) == announced.name);
  CHECK(last.at(1).as_string() == announced.message);
  CHECK(stage.daemon->process().running());
  // SessionEnded says that both devices are released; a sound server learns of it a moment later.
  stage.voice->wait_for_signal(
      "SessionEnded", [](const json::array&) { return true; }, seen);
  CHECK_FALSE(stage.voice->property("CaptureOpen").as_bool());
  CHECK_FALSE(stage.voice->property("PlaybackOpen").as_bool());
  if (stage.bed->exact()) CHECK_FALSE(stage.bed->capture_in_use());
  require("the microphone is free", [&stage] { return !stage.bed->capture_in_use(); });
  return announced;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct Refusal {
  int code;           // of the close frame, or of HTTP
  const char* words;  // the service's
  const char* error;  // ours
};

// live-api.md section 2.8.
constexpr Refusal closes[] = {
    {1007, "setup must be the first message and only the first", "ProtocolError"},
    {1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
     "ProtocolError"},
    {1007, "Invalid value at 'setup.generation_config.thinking_config.thinking_level' (TYPE_ENUM)",
     "ProtocolError"},
    {1007, "Request contains an invalid argument.", "ProtocolError"},
    {1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.",
     "ProtocolError"},
    {1007, "The requested combination of response modalities (TEXT) is not supported by the model.",
     "ProtocolError"},
    {1007, "no matching speaker voice", "ProtocolError"},
    {1007, "Invalid session handle", "ProtocolError"},
    {1007, "API key not valid. Please pass a valid API key.", "AuthFailed"},
    {1007, "User location is not supported for the API use.", "AuthFailed"},
    {1008,
     "models/gone is not found for API version v1beta, or is not supported for "
     "bidiGenerateContent.",
     "ModelUnavailable"},
    {1008, "Method doesn't allow unregistered callers", "AuthFailed"},
    {1008, "Your project has been denied access.", "AuthFailed"},
    {1008, "BidiGenerateContent session not found", "NetworkUnavailable"},
    {1008, "BidiGenerateContent session expired", "NetworkUnavailable"},
    {1008, "Requested entity was not found.", "NetworkUnavailable"},
    {1008, "Operation is not implemented, or supported, or enabled.", "ProtocolError"},
    {1008, "The operation was aborted.", "NetworkUnavailable"},
    {1011, "You exceeded your current quota, please check your plan and billing details.",
     "QuotaExceeded"},
    {1011, "The service is currently unavailable.", "NetworkUnavailable"},
    {1011, "Internal error encountered.", "NetworkUnavailable"},
    {1011, "Deadline expired before operation could complete.", "NetworkUnavailable"},
};

constexpr Refusal statuses[] = {
    {400, "Request had a bad shape.", "ProtocolError"},
    {401, "Request had invalid authentication credentials.", "AuthFailed"},
    {403, "The caller does not have permission.", "AuthFailed"},
    {404, "Requested entity was not found.", "ModelUnavailable"},
    {429, "Resource has been exhausted (e.g. check quota).", "QuotaExceeded"},
    {503, "The service is overloaded.", "NetworkUnavailable"},
};

}  // namespace

TEST_CASE("a certificate that does not fit is refused, with the reason") {
  struct Row {
    CertificateKind kind;
    std::string reason;
  };
  for (const Row& row :
       {Row{CertificateKind::wrong_name, Sim::host()}, Row{CertificateKind::expired, "expired"},
        Row{CertificateKind::self_signed, "self"}}) {
    CAPTURE(row.reason);
    StageOptions options;
    options.certificate = row.kind;
    Stage stage(options);
    const Stage::Announced failure = failing_start(stage);
    CHECK(failure.name == "NetworkUnavailable");
    CHECK(has(failure.message, "ertificate"));
    CHECK_MESSAGE(has(failure.message, row.reason), failure.message);
    CHECK(stage.sim->count("connect") == 0);  // the key was not sent
  }
}

TEST_CASE("a good certificate of an authority that nobody named is refused") {
  StageOptions options;
  options.daemon.ca_file = "/etc/ssl/certs/ca-certificates.crt";
  if (!std::filesystem::exists(options.daemon.ca_file))
    FAIL("the package ca-certificates is needed");
  Stage stage(options);
  CHECK(failing_start(stage).name == "NetworkUnavailable");
  CHECK(stage.sim->count("connect") == 0);
}

TEST_CASE("each refusal of the service has its error name, with the service's words") {
  json::array rules;
  int connection = 0;
  for (const Refusal& row : closes) {
    rules.push_back({{"on", "setup"},
                     {"conn", ++connection},
                     {"do", "close"},
                     {"code", row.code},
                     {"reason", row.words}});
  }
  for (const Refusal& row : statuses) {
    const json::value body{{"error", {{"code", row.code}, {"message", row.words}}}};
    rules.push_back({{"on", "connect"},
                     {"conn", ++connection},
                     {"do", "refuse"},
                     {"status", row.code},
                     {"body", json::serialize(body)}});
  }
  StageOptions options;
  options.script = json::serialize(rules);
  Stage stage(options);
  const auto check = [&stage](const Refusal& row) {
    CAPTURE(row.words);
    const Stage::Announced failure = failing_start(stage);
    CHECK(failure.name == row.error);
    CHECK_MESSAGE(has(failure.message, row.words), failure.message);
    CHECK_MESSAGE(has(failure.message, "Try: "), failure.message);
    CHECK_FALSE(has(failure.message, test_key));
  };
  for (const Refusal& row : closes)
    check(row);
  for (const Refusal& row : statuses)
    check(row);
  stage.start_session();
  const json::array last = stage.voice->property("LastError").as_array();
  CHECK(last.at(0).as_string().empty());
  CHECK_FALSE(has(stage.daemon->log(), test_key));
}

TEST_CASE("a wrong key") {
  StageOptions options;
  options.daemon.api_key = "bad-key-9876543210";
  Stage stage(options);
  const Stage::Announced failure = failing_start(stage);
  CHECK(failure.name == "AuthFailed");
  CHECK_FALSE(has(failure.message, options.daemon.api_key));
  CHECK_FALSE(has(stage.daemon->log(), options.daemon.api_key));
}

TEST_CASE("a retired model, then one that exists") {
  StageOptions options;
  options.daemon.more = "profiles:\n  old:\n    model: gemini-2.0-flash-exp\n";
  Stage stage(options);
  const Stage::Announced failure = failing_start(stage, "old");
  CHECK(failure.name == "ModelUnavailable");
  CHECK(has(failure.message, "gemini-2.0-flash-exp"));
  stage.start_session();
}

TEST_CASE("nothing listens at the endpoint") {
  StageOptions options;
  options.daemon.endpoint = "wss://" + Sim::host() + ":1";
  Stage stage(options);
  for (int i = 0; i < 2; ++i) {
    const auto error = failing_start(stage);
    CHECK(error.name == "NetworkUnavailable");
    CHECK(error.message.find("Connection refused") != std::string::npos);
  }
}

TEST_CASE("a host name that does not exist") {
  StageOptions options;
  options.daemon.endpoint = "wss://nowhere.invalid";
  Stage stage(options);
  const auto error = failing_start(stage);
  CHECK(error.name == "NetworkUnavailable");
  CHECK(error.message.find("Host not found") != std::string::npos);
}

TEST_CASE("malformed, huge and unknown messages: the answer after them is heard") {
  struct Row {
    std::string action;
    int malformed;  // how many are counted
  };
  for (const Row& row :
       {Row{R"("do":"malformed")", 1}, Row{R"("do":"garbage","bytes":200)", 1},
        Row{R"("do":"huge","bytes":2097152)", 0}, Row{R"("do":"send","json":{})", 0},
        Row{R"("do":"send","json":{"fromTheFuture":{"a":[1,{}]}})", 0},
        Row{R"("do":"send","raw":"[1,2]","frame":"text")", 1},
        Row{R"("do":"send","json":{"serverContent":{"modelTurn":{"parts":7}}})", 1}}) {
    CAPTURE(row.action);
    StageOptions options;
    options.script = R"([{"on":"text",)" + row.action + "}]";
    options.answer = tone(0.3, 24000, 500);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Now.");
    stage.voice->wait_for_signal("TurnCompleted");
    stage.voice->wait_for_state("listening");
    speaker.wait_for_sound();
    CHECK(stage.voice->statistics().at("malformed_messages").to_number<int>() == row.malformed);
    CHECK(stage.sim->count("connect") == 1);
    CHECK(stage.sim->count("close") == 0);
  }
}

TEST_CASE("audio that is none: the turn ends, and the next answer is heard") {
  struct Row {
    std::string mime;
    std::string data;
    int malformed;
  };
  for (const Row& row : {Row{"audio/pcm;rate=24000", "@@@ no base64 @@@", 1},
                         Row{"audio/pcm;rate=24000", "AA==", 0},  // half a sample
                         Row{"audio/pcm;rate=16000", "AAAAAAAAAAA=", 1}}) {
    CAPTURE(row.mime);
    CAPTURE(row.data);
    const json::value part{{"inlineData", {{"mimeType", row.mime}, {"data", row.data}}}};
    const auto rule = [](json::object action) {
      action["on"] = "text";
      return action;
    };
    StageOptions options;
    options.script = json::serialize(json::array{
        rule({{"do", "set"}, {"next", "none"}}),
        rule({{"do", "send"},
              {"json", {{"serverContent", {{"modelTurn", {{"parts", json::array{part}}}}}}}}}),
        rule({{"do", "send"}, {"json", {{"serverContent", {{"turnComplete", true}}}}}})});
    options.answer = tone(0.3, 24000, 500);
    Stage stage(options);
    const SpeakerRecorder speaker(*stage.bed, 24000);
    stage.start_session();
    stage.voice->say("Now.");
    stage.voice->wait_for_signal("TurnCompleted");
    stage.voice->wait_for_state("listening");
    CHECK(stage.voice->statistics().at("malformed_messages").to_number<int>() == row.malformed);
    const std::size_t seen = stage.voice->signals().size();
    const std::size_t before = speaker.size();
    stage.voice->say("And now?");
    speaker.wait_for_sound(before);
    stage.voice->wait_for_signal(
        "TurnCompleted", [](const json::array&) { return true; }, seen);
    stage.voice->wait_for_state("listening");
    CHECK(stage.sim->count("connect") == 1);
    CHECK(stage.sim->count("close") == 0);
  }
}
