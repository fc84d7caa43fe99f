// Whatever the service sends is refused or skipped, with a reason that is counted and logged, and
// the conversation goes on: where a WebSocket cannot, on the next connection.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <stdexcept>

#include <doctest/doctest.h>

#include "tests/e2e/support/analysis.hpp"
#include "tests/e2e/support/stage.hpp"

using namespace gv::e2e;

namespace {

// What 10 MB of JSON may leave behind in the heap.
constexpr std::size_t memory_slack_kib = 64 * 1024;

std::size_t resident_kib(Process& process) {
  const std::string status = read_file("/proc/" + std::to_string(process.pid()) + "/status");
  const std::size_t at = status.find("VmRSS:");
  if (at == std::string::npos) throw std::runtime_error("no VmRSS");
  return std::stoul(status.substr(at + 6));
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

int malformed(Stage& stage) {
  return stage.voice->statistics().at("malformed_messages").to_number<int>();
}

// A typed text is answered, heard, and over, on the connection of this number.
void converse(Stage& stage, const SpeakerRecorder& speaker, std::size_t connection = 1) {
  const std::size_t seen = stage.voice->signals().size();
  const std::size_t before = speaker.size();
  stage.voice->say("And now?");
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen);
  stage.voice->wait_for_state("listening");
  speaker.wait_for_sound(before);
  CHECK(stage.sim->count("connect") == connection);
  CHECK(stage.sim->count("close") == connection - 1);
}

json::object on_text(int nth, json::object action) {
  action["on"] = "text";
  action["nth"] = nth;
  return action;
}

json::object raw(std::string text, const char* frame = "binary") {
  return {{"do", "send"}, {"raw", std::move(text)}, {"frame", frame}};
}

// A binary frame of what JSON cannot say.
json::object bytes(const char* base64) {
  return {{"do", "send"}, {"base64", base64}};
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i)
    text += part;
  return text;
}

// An answer by hand: a whole message with audio, transcript and the end of the turn.
json::value whole_answer(const std::string& base64) {
  const json::value part{{"inlineData", {{"mimeType", "audio/pcm;rate=24000"}, {"data", base64}}}};
  return {{"serverContent",
           {{"modelTurn", {{"parts", json::array{part}}}},
            {"outputTranscription", {{"text", "slowly"}}},
            {"generationComplete", true},
            {"turnComplete", true}}}};
}

}  // namespace

TEST_CASE("wrong messages of every kind in one conversation, which goes on after each") {
  struct Row {
    json::object action;
    int malformed;
  };
  const std::string deep = repeated("[", 10'000) + repeated("]", 10'000);
  const std::string deep_objects = repeated(R"({"serverContent":)", 10'000);
  const std::vector<Row> rows = {
      {{{"do", "malformed"}}, 1},
      {raw(""), 1},
      {bytes("AAAAAA=="), 1},
      {raw(deep), 1},
      {raw(R"({"serverContent":{"modelTurn":{"parts":)" + deep + "}}}"), 1},
      {raw(deep_objects), 1},
      // a text of the bytes ff fe c0 80
      {bytes("eyJzZXJ2ZXJDb250ZW50Ijp7Im91dHB1dFRyYW5zY3JpcHRpb24iOnsidGV4dCI6Iv/+wIAifX19"), 1},
      {raw(R"({"serverContent":"x"})"), 1},
      {raw(R"({"serverContent":{"turnComplete":"yes"}})"), 1},
      {raw(R"({"serverContent":{"modelTurn":{"parts":[1,null,"x",{"inlineData":[]}]}}})"), 1},
      {raw(R"({"serverContent":{"inputTranscription":{"text":{"a":1}}}})"), 1},
      {raw(R"({"usageMetadata":{"promptTokenCount":-1,"responseTokenCount":1e400}})"), 1},
      {raw(R"({"sessionResumptionUpdate":{"newHandle":5,"resumable":"no"}})"), 1},
      {raw(R"({"setupComplete":{}})"), 0},  // once more
      {raw(R"({"serverContent":{"interrupted":true}})"), 0},
      {{{"do", "huge"}, {"bytes", 7 * 1024 * 1024}}, 0},
      {{{"do", "huge"}, {"bytes", 1024 * 1024}, {"fragments", 5000}}, 0},
      {{{"do", "garbage"}, {"bytes", 1024 * 1024}}, 1},
  };
  StageOptions options;
  options.answer = tone(0.2, 24000, 500);
  json::array rules;
  for (const Row& row : rows) {
    rules.push_back(on_text(static_cast<int>(rules.size()) + 2, row.action));
  }
  options.script = json::serialize(rules);
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  converse(stage, speaker);
  const std::size_t before = resident_kib(stage.daemon->process());
  int expected = 0;
  for (const Row& row : rows) {
    CAPTURE(json::serialize(row.action).substr(0, 200));
    converse(stage, speaker);
    expected += row.malformed;
    CHECK(malformed(stage) == expected);
    expected = malformed(stage);
  }
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
  CHECK(occurrences(stage.daemon->log(), "skipped in a message of the service: ") >= 10);
}

TEST_CASE("a thousand wrong messages: all counted, few logged") {
  StageOptions options;
  options.answer = tone(0.2, 24000, 500);
  json::array rules;
  for (int i = 0; i < 1000; ++i)
    rules.push_back(on_text(1, {{"do", "malformed"}}));
  options.script = json::serialize(rules);
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  const std::size_t before = resident_kib(stage.daemon->process());
  converse(stage, speaker);
  converse(stage, speaker);
  CHECK(malformed(stage) == 1000);
  const std::size_t lines =
      occurrences(stage.daemon->log(), "skipped in a message of the service: ");
  CHECK(lines >= 1);
  CHECK(lines <= 20);
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
}

namespace {

// After each of them the service is connected to anew, later each time: three are enough.
void survive(const std::vector<json::object>& breaks) {
  StageOptions options;
  options.answer = tone(0.2, 24000, 500);
  json::array rules;
  for (json::object rule : breaks) {
    rule["on"] = "turn_complete";
    rule["conn"] = rules.size() + 1;
    rules.emplace_back(std::move(rule));
  }
  options.script = json::serialize(rules);
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  const std::size_t before = resident_kib(stage.daemon->process());
  for (std::size_t connection = 1; connection <= breaks.size(); ++connection) {
    CAPTURE(json::serialize(breaks[connection - 1]).substr(0, 200));
    const auto next = [connection](const json::object& line) {
      return line.at("conn").to_number<std::size_t>() == connection + 1;
    };
    stage.voice->say("And now?");
    stage.sim->wait_for("setup", next, 0, milliseconds(30'000));
    stage.voice->wait_for_state("listening");
  }
  converse(stage, speaker, breaks.size() + 1);
  // Each is counted, and the log has the reason for the first.
  CHECK(stage.voice->statistics().at("reconnects").to_number<std::size_t>() == breaks.size());
  CHECK_MESSAGE(stage.daemon->log().find("NetworkUnavailable: ") != std::string::npos,
                stage.daemon->log());
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
  for (const std::string& state : stage.voice->states())
    CHECK(state != "idle");
}

// Bytes into the TLS stream itself.
json::object stream(const char* base64) {
  return {{"do", "send"}, {"base64", base64}, {"frame", "none"}};
}

}  // namespace

TEST_CASE("messages that are too big, or said to be: refused, and the conversation goes on") {
  survive({{{"do", "huge"}, {"bytes", 10 * 1024 * 1024}},
           stream("gn9AAAAAAAAAAA=="),    // 82 7f 40 00 ..: a message of 2^62 bytes begins
           stream("gn//////////////")});  // 2^64 - 1 bytes
  survive({{{"do", "huge"}, {"bytes", 10 * 1024 * 1024}, {"fragments", 100}}});
}

TEST_CASE("what is no WebSocket: refused, and the conversation goes on") {
  survive({stream("goCAgICAgA=="),  // a masked frame, which a server may not send
           stream("g4BB"),          // 83: a reserved opcode
           stream("gAFB")});        // 80 01: the middle of a message that never began
  survive({stream("iX4AgEFB"),      // 89 7e 00 80: a ping of 128 bytes, three too many
           stream("iAIAAA=="),      // 88 02 00 00: a close frame with the code 0
           stream("gQL//g==")});    // 81 02 ff fe: text that is not UTF-8
  survive({{{"do", "garbage"}, {"bytes", 100'000}, {"frame", "none"}}});
}

TEST_CASE("an answer that comes byte by byte is heard whole") {
  const std::string level(4000, 'Q');  // base64 of one value
  StageOptions options;
  options.answer = tone(0.2, 24000, 500);
  options.script = json::serialize(
      json::array{on_text(1, {{"do", "set"}, {"next", "none"}}),
                  on_text(1, {{"do", "send"}, {"json", whole_answer(level)}, {"dribble", true}})});
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  const std::size_t before = speaker.size();
  stage.voice->say("Slowly, please.");
  const BusSignal said = stage.voice->wait_for_signal(
      "TranscriptCompleted",
      [](const json::array& arguments) { return arguments.at(1).as_string() == "model"; }, 0,
      milliseconds(30'000));
  CHECK(said.arguments.at(2).as_string() == "slowly");
  stage.voice->wait_for_state("listening");
  speaker.wait_for_sound(before);
  converse(stage, speaker);
  CHECK(malformed(stage) == 0);
}

TEST_CASE("odd pieces are put together; another rate is skipped and counted, not played too fast") {
  StageOptions options;
  options.answer = tone(0.5, 24000, 500);
  options.script = json::serialize(
      json::array{on_text(1, {{"do", "set"}, {"odd_chunks", true}}),
                  on_text(2, {{"do", "set"}, {"odd_chunks", false}, {"answer_rate", 48'000}}),
                  on_text(3, {{"do", "set"}, {"answer_rate", 24'000}})});
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  converse(stage, speaker);
  CHECK(malformed(stage) == 0);
  CHECK(stage.voice->statistics().at("audio_out_ms").to_number<int>() == 500);

  const std::size_t seen = stage.voice->signals().size();
  stage.voice->say("Faster.");
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen);
  stage.voice->wait_for_state("listening");
  CHECK(malformed(stage) > 0);
  CHECK(stage.voice->statistics().at("audio_out_ms").to_number<int>() == 500);

  converse(stage, speaker);
  CHECK(stage.voice->statistics().at("audio_out_ms").to_number<int>() == 1000);
}

namespace {

// Sent as fast as the connection takes it.
StageOptions five_minutes() {
  StageOptions options;
  options.answer = white_noise(300, 24000, 7);
  options.sim = {"--speed=100000"};
  return options;
}

}  // namespace

// The policy: with 110 s in the queue the daemon reads no further until 90 s are left, so that the
// service's own send buffer waits. Nothing is dropped, and Interrupt throws the rest away.
TEST_CASE("five minutes of answer at once: memory stays bounded, and Interrupt ends it") {
  Stage stage(five_minutes());
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  const std::size_t before = resident_kib(stage.daemon->process());
  stage.voice->say("Tell me everything.");
  speaker.wait_for_sound();
  const auto received_ms = [&stage] {
    return stage.voice->statistics().at("audio_out_ms").to_number<int>();
  };
  require("110 s are queued", [&received_ms] { return received_ms() > 105'000; });
  // The rest stays where it is: as much time as the whole of it would take to come.
  const int full = received_ms();
  const auto end = std::chrono::steady_clock::now() + milliseconds(3000);
  wait_until([end] { return std::chrono::steady_clock::now() > end; });
  CHECK(received_ms() < 120'000);
  CHECK(received_ms() < full + 8'000);
  CHECK(resident_kib(stage.daemon->process()) < before + memory_slack_kib);
  CHECK(stage.daemon->log().find("queue is full") == std::string::npos);

  const std::size_t seen = stage.voice->signals().size();
  stage.voice->interrupt();
  stage.voice->wait_for_signal(
      "TurnCompleted", [](const json::array&) { return true; }, seen, milliseconds(20'000));
  stage.voice->wait_for_state("listening");
  CHECK(stage.sim->count("close") == 0);
  CHECK(malformed(stage) == 0);
}

// Five minutes, which only virtual time has to spare.
TEST_CASE("five minutes of answer at once: all of it is heard" * doctest::skip(!on_kernel())) {
  const StageOptions options = five_minutes();
  Stage stage(options);
  const SpeakerRecorder speaker(*stage.bed, 24000);
  stage.start_session();
  stage.voice->say("Tell me everything.");
  speaker.wait_for_sound();
  stage.voice->wait_for_state("listening", milliseconds(330'000));
  speaker.catch_up();
  const Samples heard = speaker.samples();
  CHECK(find_exact(heard, options.answer).has_value());
  CHECK(stage.daemon->log().find("queue is full") == std::string::npos);
  CHECK(stage.voice->statistics().at("playback_xruns").to_number<int>() == 0);
}
