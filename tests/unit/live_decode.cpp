#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "daemon/live/decode.hpp"

using namespace gv::live;
using std::chrono::milliseconds;

TEST_CASE("one message with every field comes out in the order it must be handled") {
  Decoder decoder;
  const auto& events = decoder.decode(R"({
    "usageMetadata":{"promptTokenCount":412,"responseTokenCount":57},
    "serverContent":{
      "turnComplete":true,"interactionStatus":"IDLE","generationComplete":true,
      "outputTranscription":{"text":" hello"},"inputTranscription":{"text":"hi"},
      "modelTurn":{"parts":[
        {"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAAA"}},
        {"text":"a thought","thought":true},
        {"inlineData":{"mimeType":"audio/pcm","data":"AQEB"}}]},
      "interrupted":true}})");
  CHECK(decoder.error().empty());
  REQUIRE(events.size() == 8);
  CHECK(std::holds_alternative<Interrupted>(events[0]));
  CHECK(std::get<AudioPart>(events[1]).base64 == "AAAA");
  CHECK(std::get<AudioPart>(events[1]).rate_hz == 24000);
  CHECK(std::get<AudioPart>(events[2]).base64 == "AQEB");
  CHECK(std::get<InputTranscription>(events[3]).text == "hi");
  CHECK(std::get<OutputTranscription>(events[4]).text == " hello");
  CHECK(std::holds_alternative<GenerationComplete>(events[5]));
  CHECK_FALSE(std::get<TurnComplete>(events[6]).in_progress);
  CHECK(std::get<Usage>(events[7]).in() == 412);
  CHECK(std::get<Usage>(events[7]).out() == 57);
}

TEST_CASE("the presence of setupComplete is success") {
  Decoder decoder;
  REQUIRE(decoder.decode(R"({"setupComplete":{}})").size() == 1);
  REQUIRE(decoder.decode(R"({"setupComplete":{"sessionId":"x"}})").size() == 1);
}

TEST_CASE("empty and unknown messages are nothing, and no error") {
  Decoder decoder;
  for (const auto* text : {"{}", R"({"serverContent":{}})", R"({"voiceActivity":{"x":1}})",
                           R"({"serverContent":{"modelTurn":{"parts":[{"fileData":{}}]}}})",
                           R"({"serverContent":null})"}) {
    CAPTURE(text);
    CHECK(decoder.decode(text).empty());
    CHECK(decoder.error().empty());
  }
}

TEST_CASE("goAway, resumption, errors") {
  Decoder decoder;
  CHECK(std::get<GoAway>(decoder.decode(R"({"goAway":{"timeLeft":"9.500s"}})")[0]).time_left ==
        milliseconds(9500));
  CHECK(std::get<GoAway>(decoder.decode(R"({"goAway":{}})")[0]).time_left == milliseconds(0));
  const auto update = std::get<ResumptionUpdate>(
      decoder.decode(R"({"sessionResumptionUpdate":{"newHandle":"h","resumable":true}})")[0]);
  CHECK(update.handle == "h");
  CHECK(update.resumable);
  // Absent is false: proto3 JSON drops defaults.
  CHECK_FALSE(
      std::get<ResumptionUpdate>(decoder.decode(R"({"sessionResumptionUpdate":{}})")[0]).resumable);
  const auto error = std::get<ServerError>(
      decoder.decode(R"({"error":{"code":503,"message":"m","status":"UNAVAILABLE"}})")[0]);
  CHECK(error.code == 503);
  CHECK(error.status == "UNAVAILABLE");
  CHECK(std::get<ServerError>(decoder.decode(R"({"code":429,"message":"m"})")[0]).code == 429);
}

TEST_CASE("wrong messages are told and what is sound in them is kept") {
  Decoder decoder;
  CHECK(decoder.decode("").empty());
  CHECK(decoder.error().starts_with("not JSON"));
  CHECK(decoder.decode("[1]").empty());
  CHECK(decoder.error() == "not a JSON object");
  CHECK(decoder.decode("{\"a\":\"\xff\xfe\"}").empty());
  CHECK(decoder.error().starts_with("not JSON"));
  const auto& events = decoder.decode(
      R"({"serverContent":{"interrupted":"yes","turnComplete":true,"inputTranscription":5}})");
  REQUIRE(events.size() == 1);
  CHECK(std::holds_alternative<TurnComplete>(events[0]));
  CHECK(decoder.error() == "'interrupted' is not a boolean");
  CHECK(decoder.decode(R"({"usageMetadata":{"promptTokenCount":-1}})").size() == 1);
  CHECK(decoder.error() == "'promptTokenCount' is not a count");
  // A reason goes into the log: it is a name, or not taken.
  for (const auto* reason : {R"(a\nb)", R"(\u001b[2J)", "what the user said"}) {
    const auto& ended = decoder.decode(
        std::string(R"({"serverContent":{"turnComplete":true,"turnCompleteReason":")") + reason +
        "\"}}");
    REQUIRE(ended.size() == 1);
    CHECK(std::get<TurnComplete>(ended[0]).reason.empty());
    CHECK(decoder.error() == "'turnCompleteReason' is not the name of a value");
  }
  // The next sound message is not tainted.
  CHECK(decoder.decode(R"({"setupComplete":{}})").size() == 1);
  CHECK(decoder.error().empty());
}

TEST_CASE("nesting is bounded, whatever is nested and whether it ends or not") {
  constexpr int depth = 10'000;
  struct Row {
    const char* opening;
    const char* closing;
  };
  Decoder decoder;
  for (const Row& row : {Row{R"({"a":)", "}"}, Row{R"({"serverContent":)", "}"},
                         Row{R"({"modelTurn":{"parts":[)", "]}}"}, Row{"[", "]"}}) {
    CAPTURE(row.opening);
    std::string before;
    std::string after;
    for (int i = 0; i < depth; ++i) {
      before += row.opening;
      after += row.closing;
    }
    for (const auto& message :
         {before, before + "1" + after, R"({"setupComplete":)" + before + "1" + after + "}"}) {
      CHECK(decoder.decode(message).empty());
      CHECK(decoder.error().starts_with("not JSON"));
    }
  }
}

TEST_CASE("ten megabytes are read like ten bytes") {
  Decoder decoder;
  const std::string data(10'000'000, 'A');
  const auto& events = decoder.decode(
      R"({"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":")" + data + R"("}}]}}})");
  REQUIRE(events.size() == 1);
  CHECK(std::get<AudioPart>(events[0]).base64.size() == data.size());
  CHECK(decoder.decode(R"({"serverContent":{"outputTranscription":{"text":")" + data).empty());
  CHECK(decoder.error().starts_with("not JSON"));
  // A list of parts that are nothing.
  std::string parts = R"({"serverContent":{"modelTurn":{"parts":[{})";
  for (int i = 0; i < 1'000'000; ++i)
    parts += ",{}";
  CHECK(decoder.decode(parts + "]}}}").empty());
  CHECK(decoder.error().empty());
}

TEST_CASE("audio of another kind than PCM is skipped, other rates are passed on") {
  CHECK(parse_pcm_rate("audio/pcm") == 24000);
  CHECK(parse_pcm_rate("") == 24000);
  CHECK(parse_pcm_rate("audio/pcm;rate=16000") == 16000);
  CHECK(parse_pcm_rate("audio/pcm; rate=48000") == 48000);
  CHECK(parse_pcm_rate("audio/ogg") == 0);
  CHECK(parse_pcm_rate("audio/pcm;rate=x") == 0);
  Decoder decoder;
  CHECK(decoder
            .decode(R"({"serverContent":{"modelTurn":{"parts":[
                {"inlineData":{"mimeType":"audio/ogg","data":"AAAA"}}]}}})")
            .empty());
  CHECK(decoder.error() == "'mimeType' is not audio/pcm");
}

TEST_CASE("durations") {
  CHECK(parse_duration("50s") == milliseconds(50000));
  CHECK(parse_duration("5.5s") == milliseconds(5500));
  for (const auto* text : {"", "50", "s", "-1s", "1m", "nans", "1e99s"}) {
    CAPTURE(text);
    CHECK(parse_duration(text) == milliseconds(0));
  }
}

TEST_CASE("a handle too long to be kept is none") {
  Decoder decoder;
  const auto update = [&decoder](std::size_t bytes) {
    const auto& events =
        decoder.decode(R"({"sessionResumptionUpdate":{"resumable":true,"newHandle":")" +
                       std::string(bytes, 'h') + R"("}})");
    return std::get<ResumptionUpdate>(events.at(0)).handle.size();
  };
  CHECK(update(16 * 1024) == 16 * 1024);
  CHECK(decoder.error().empty());
  CHECK(update(16 * 1024 + 1) == 0);
  CHECK(decoder.error() == "'newHandle' is not a handle of at most 16 KiB");
}

TEST_CASE("calls, with and without arguments, and those that are taken back") {
  Decoder decoder;
  const auto events = decoder.decode(
      R"({"toolCall":{"functionCalls":[{"id":"fc-1","name":"set_volume","args":{"percent":40}},
                                       {"name":"mute"},{"id":"fc-3","name":"odd","args":[1]}, 7]}})");
  REQUIRE(events.size() == 3);
  const auto& first = std::get<ToolCall>(events[0]);
  CHECK(first.id == "fc-1");
  CHECK(first.name == "set_volume");
  CHECK(first.arguments == R"({"percent":40})");
  CHECK(std::get<ToolCall>(events[1]).id.empty());
  CHECK(std::get<ToolCall>(events[1]).arguments == "{}");
  // It is answered all the same: the service waits for every id.
  CHECK(std::get<ToolCall>(events[2]).arguments.empty());
  CHECK_FALSE(decoder.error().empty());

  const auto cancelled = decoder.decode(R"({"toolCallCancellation":{"ids":["a",1,"b"]}})");
  REQUIRE(cancelled.size() == 2);
  CHECK(std::get<ToolCallCancelled>(cancelled[1]).id == "b");

  const auto huge =
      decoder.decode(R"({"toolCall":{"functionCalls":[{"id":"x","name":"y","args":{"a":")" +
                     std::string(70'000, 'z') + R"("}}]}})");
  REQUIRE(huge.size() == 1);
  CHECK(std::get<ToolCall>(huge[0]).arguments.empty());
}

TEST_CASE("the pages of a search, and nothing of the page that the service would show") {
  Decoder decoder;
  const auto events = decoder.decode(
      R"({"serverContent":{"turnComplete":true,"groundingMetadata":{
            "searchEntryPoint":{"renderedContent":"<b>html</b>"},"webSearchQueries":["rain"],
            "groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}},{"web":{}},
                               {"web":{"uri":"https://b.example","domain":"b"}},{"maps":{}}]}}})");
  REQUIRE(events.size() == 3);
  CHECK(std::get<Grounding>(events[0]).title == "A");
  CHECK(std::get<Grounding>(events[1]).address == "https://b.example");
  CHECK(std::get<Grounding>(events[1]).title == "b");
  CHECK(std::holds_alternative<TurnComplete>(events[2]));
}

TEST_CASE("calls with long names and deep arguments are answered, too; those without end are not") {
  Decoder decoder;
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  const auto events =
      decoder.decode(R"({"toolCall":{"functionCalls":[{"id":"a","name":")" + std::string(500, 'n') +
                     R"("},{"id":"b","name":"f","args":{"x":)" + deep + "}}]}}");
  REQUIRE(events.size() == 2);
  CHECK(std::get<ToolCall>(events[0]).name.size() == 128);
  CHECK(std::get<ToolCall>(events[1]).arguments == R"({"x":)" + deep + "}");
  std::string many = R"({"toolCall":{"functionCalls":[{})";
  for (int i = 0; i < 1000; ++i)
    many += ",{}";
  CHECK(decoder.decode(many + "]}}").size() == 128);
  CHECK_FALSE(decoder.error().empty());
}

namespace {

Usage usage_of(const std::string& metadata) {
  Decoder decoder;
  const auto& events = decoder.decode(R"({"usageMetadata":)" + metadata + "}");
  REQUIRE(events.size() == 1);
  return std::get<Usage>(events[0]);
}

}  // namespace

TEST_CASE("tokens are told by modality") {
  CHECK(usage_of(R"({"promptTokenCount":412,"responseTokenCount":57,"totalTokenCount":469,
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":100},
      {"modality":"AUDIO","tokenCount":300},{"modality":"IMAGE","tokenCount":5},
      {"modality":"VIDEO","tokenCount":7}],
    "responseTokensDetails":[{"modality":"AUDIO","tokenCount":50},
      {"modality":"TEXT","tokenCount":7}]})") == Usage{100, 300, 12, 7, 50});
  // Thoughts and what tools brought in come besides; what is cached is in the prompt already.
  CHECK(usage_of(R"({"promptTokenCount":10,"cachedContentTokenCount":8,"thoughtsTokenCount":30,
    "toolUsePromptTokenCount":20,
    "cacheTokensDetails":[{"modality":"TEXT","tokenCount":8}],
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]})") == Usage{30, 0, 0, 30, 0});
}

TEST_CASE("details that are missing or do not add up share out the total") {
  CHECK(usage_of(R"({"promptTokenCount":412,"responseTokenCount":57})") == Usage{0, 412, 0, 0, 57});
  CHECK(usage_of(R"({"promptTokenCount":100,
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":30},
      {"modality":"MODALITY_UNSPECIFIED","tokenCount":9}]})") == Usage{30, 70, 0, 0, 0});
  // More than there are: a third each.
  CHECK(usage_of(R"({"promptTokenCount":90,
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":100},
      {"modality":"AUDIO","tokenCount":100},{"modality":"IMAGE","tokenCount":100}]})") ==
        Usage{30, 30, 30, 0, 0});
  CHECK(usage_of(R"({"promptTokensDetails":[{"modality":"TEXT","tokenCount":5}]})") ==
        Usage{5, 0, 0, 0, 0});
}

TEST_CASE("absurd counts of tokens are no counts") {
  Decoder decoder;
  for (const char* absurd :
       {"-1", "1e400", "1.5", "10000001", "18446744073709551615", "\"9\"", "[]", "{}", "true"}) {
    CAPTURE(absurd);
    const auto& events = decoder.decode(
        std::string(R"({"usageMetadata":{"promptTokenCount":)") + absurd +
        R"(,"responseTokenCount":7,"responseTokensDetails":[{"modality":"AUDIO","tokenCount":)" +
        absurd + "}]}}");
    if (events.empty()) continue;  // no JSON
    CHECK(std::get<Usage>(events[0]) == Usage{0, 0, 0, 0, 7});
    CHECK_FALSE(decoder.error().empty());
  }
  CHECK(decoder.decode(R"({"usageMetadata":{"promptTokensDetails":[7,{"modality":5}]}})").size() ==
        1);
}
