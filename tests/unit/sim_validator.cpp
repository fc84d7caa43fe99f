// Every rule of live-api.md section 10, with a message that keeps it and one that breaks it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "tests/sim/validator.hpp"

namespace {

using namespace gv::sim;
namespace json = boost::json;

// The reason of the field tables; empty where they have nothing against it.
std::string field_error(const std::string& message, std::string_view version = "v1beta") {
  const Checked checked = check_fields(json::parse(message).as_object(), version);
  if (checked.refusal) CHECK(checked.refusal->code == 1007);
  return checked.refusal ? checked.refusal->reason : "";
}

std::string with_setup(const std::string& fields, const std::string& model = "gemini-3.8-live") {
  return R"({"setup":{"model":"models/)" + model + R"(")" + (fields.empty() ? "" : "," + fields) +
         "}}";
}

// The reason of the tables, the unsupported fields or the rules, as the sim judges them.
std::string setup_error(const std::string& fields, const std::string& model = "gemini-3.8-live",
                        std::string_view version = "v1beta") {
  const Checked checked = check_fields(json::parse(with_setup(fields, model)).as_object(), version);
  if (checked.refusal) return checked.refusal->reason;
  if (!checked.unsupported.empty()) return invalid_argument().reason;
  const auto refusal = check_setup_rules(checked.message.at("setup").as_object(), version);
  return refusal ? refusal->reason : "";
}

const std::string k_invalid = "Request contains an invalid argument.";
const std::string k_et = "gemini-3.8-live-extended-thinking";
const std::string k_31 = "gemini-3.1-flash-live-preview";
const std::string k_25 = "gemini-2.5-flash-native-audio-latest";

bool starts(const std::string& text, const std::string& beginning) {
  return text.starts_with(beginning);
}

std::string generation(const std::string& fields) {
  return R"("generationConfig":{)" + fields + "}";
}
std::string function(const std::string& fields) {
  return R"("tools":[{"functionDeclarations":[{)" + fields + "}]}]";
}
std::string detection(const std::string& fields) {
  return R"("realtimeInputConfig":{"automaticActivityDetection":{)" + fields + "}}";
}

}  // namespace

TEST_CASE("the complete setup of the reference is accepted, in camelCase and in snake_case") {
  CHECK(
      setup_error(
          R"("generationConfig":{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}},"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":[{"name":"set_volume","description":"Set it.","behavior":"BLOCKING","parameters":{"type":"OBJECT","properties":{"percent":{"type":"INTEGER","description":"0 to 100"}},"required":["percent"]}}]}],"realtimeInputConfig":{"automaticActivityDetection":{"startOfSpeechSensitivity":"START_SENSITIVITY_LOW","endOfSpeechSensitivity":"END_SENSITIVITY_LOW","prefixPaddingMs":100,"silenceDurationMs":700},"activityHandling":"START_OF_ACTIVITY_INTERRUPTS","turnCoverage":"TURN_INCLUDES_ONLY_ACTIVITY"},"sessionResumption":{},"contextWindowCompression":{"slidingWindow":{}},"inputAudioTranscription":{},"outputAudioTranscription":{})") ==
      "");
  CHECK(
      setup_error(
          R"("generation_config":{"response_modalities":["AUDIO"]},"realtime_input_config":{"automatic_activity_detection":{"silence_duration_ms":"700"}})") ==
      "");
}

TEST_CASE("unknown names carry the snake_case path") {
  CHECK(field_error(R"({"setup":{"model":"models/x","foo":1}})") ==
        "Invalid JSON payload received. Unknown name \"foo\" at 'setup': Cannot find field.");
  CHECK(field_error(with_setup(detection(R"("sensitivity":1)"))) ==
        "Invalid JSON payload received. Unknown name \"sensitivity\" at "
        "'setup.realtime_input_config.automatic_activity_detection': Cannot find field.");
  CHECK(field_error(R"({"hello":1})") ==
        "Invalid JSON payload received. Unknown name \"hello\": Cannot find field.");
  CHECK(starts(
      field_error(with_setup(function(
          R"("name":"f","description":"d","parameters":{"type":"OBJECT","additionalProperties":false})"))),
      "Invalid JSON payload received. Unknown name \"additionalProperties\" at "
      "'setup.tools[0].function_declarations[0].parameters'"));
}

TEST_CASE("bad values carry the snake_case path and the value") {
  const std::string reason =
      field_error(with_setup(generation(R"("thinkingConfig":{"thinkingLevel":"low"})")));
  CHECK(starts(reason,
               "Invalid value at 'setup.generation_config.thinking_config.thinking_level' ("));
  CHECK(reason.ends_with("\"low\""));
}

TEST_CASE("one message has one top-level key") {
  CHECK(field_error(R"({"realtimeInput":{"text":"a"}})") == "");
  CHECK(field_error(R"({"realtimeInput":{"text":"a"},"clientContent":{}})") == k_invalid);
  CHECK(field_error("{}") == k_invalid);
}

TEST_CASE("null is unset, and a field may not come in both spellings") {
  CHECK(setup_error(R"("tools":null,"sessionResumption":null)") == "");
  CHECK(field_error(with_setup(R"("generationConfig":{},"generation_config":{})")) != "");
}

TEST_CASE("each field has its type and its range") {
  struct Case {
    std::string good, bad;
  };
  const std::vector<Case> cases = {
      {generation(R"("responseModalities":["AUDIO"])"),
       generation(R"("responseModalities":"AUDIO")")},
      {generation(R"("responseModalities":["AUDIO"])"),
       generation(R"("responseModalities":["audio"])")},
      {generation(R"("candidateCount":1)"), generation(R"("candidateCount":1.5)")},
      {generation(R"("maxOutputTokens":"99")"), generation(R"("maxOutputTokens":"many")")},
      {generation(R"("topK":40)"), generation(R"("topK":true)")},
      {generation(R"("seed":-7)"), generation(R"("seed":3000000000)")},
      {generation(R"("temperature":2)"), generation(R"("temperature":2.1)")},
      {generation(R"("topP":0.5)"), generation(R"("topP":-0.1)")},
      {generation(R"("presencePenalty":-2)"), generation(R"("presencePenalty":-3)")},
      {generation(R"("frequencyPenalty":2)"), generation(R"("frequencyPenalty":2.5)")},
      {generation(R"("mediaResolution":"MEDIA_RESOLUTION_LOW")"),
       generation(R"("mediaResolution":"LOW")")},
      {generation(R"("mediaResolution":2)"), generation(R"("mediaResolution":9)")},
      {generation(
           R"("speechConfig":{"voiceConfig":{"replicatedVoiceConfig":{"mimeType":"audio/wav","voiceSampleAudio":"AAAA"}}})"),
       generation(
           R"("speechConfig":{"voiceConfig":{"replicatedVoiceConfig":{"voiceSampleAudio":"?"}}})")},
      {R"("systemInstruction":{"role":"user","parts":[{"text":"a"}]})",
       R"("systemInstruction":"a")"},
      {R"("systemInstruction":{"parts":[{"text":"a"}]})",
       R"("systemInstruction":{"parts":[{"inlineData":{"mimeType":"a/b","data":""}}]})"},
      {detection(R"("disabled":false)"), detection(R"("disabled":"false")")},
      {detection(R"("startOfSpeechSensitivity":"START_SENSITIVITY_HIGH")"),
       detection(R"("startOfSpeechSensitivity":"START_SENSITIVITY_MEDIUM")")},
      {detection(R"("endOfSpeechSensitivity":"END_SENSITIVITY_LOW")"),
       detection(R"("endOfSpeechSensitivity":"LOW")")},
      {detection(R"("prefixPaddingMs":0)"), detection(R"("prefixPaddingMs":-1)")},
      {detection(R"("silenceDurationMs":700)"), detection(R"("silenceDurationMs":"700ms")")},
      {R"("realtimeInputConfig":{"activityHandling":"NO_INTERRUPTION"})",
       R"("realtimeInputConfig":{"activityHandling":"NONE"})"},
      {R"("realtimeInputConfig":{"turnCoverage":"TURN_INCLUDES_ALL_INPUT"})",
       R"("realtimeInputConfig":{"turnCoverage":"ALL"})"},
      {R"("realtimeInputConfig":{"interimTranscriptTimestampEnabled":true})",
       R"("realtimeInputConfig":{"interimTranscriptTimestampEnabled":1})"},
      {R"("sessionResumption":{"handle":"x"})", R"("sessionResumption":{"handle":""})"},
      {R"("sessionResumption":{})", R"("sessionResumption":{"transparent":true})"},
      {R"("contextWindowCompression":{"triggerTokens":"25600","slidingWindow":{"targetTokens":12800}})",
       R"("contextWindowCompression":{"triggerTokens":0})"},
      {R"("contextWindowCompression":{"slidingWindow":{"targetTokens":1}})",
       R"("contextWindowCompression":{"slidingWindow":{"targetTokens":-1}})"},
      {R"("inputAudioTranscription":{"languageCodes":["de-DE"],"mode":"SMART"})",
       R"("inputAudioTranscription":true)"},
      {R"("outputAudioTranscription":{})",
       R"("outputAudioTranscription":{"languageCodes":"de-DE"})"},
      {R"("proactivity":{"proactiveAudio":true})", R"("proactivity":{"proactiveAudio":"yes"})"},
      {R"("historyConfig":{"initialHistoryInClientContent":true})",
       R"("historyConfig":{"initialHistoryInClientContent":1})"},
      {R"("safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}])",
       R"("safetySettings":[{"category":"HARASSMENT","threshold":"BLOCK_NONE"}])"},
      {R"("safetySettings":[])", R"("explicitVadSignal":true)"},
      {R"("tools":[])", R"("tools":{})"},
      {R"("tools":[{"googleSearch":{}}])",
       R"("tools":[{"googleSearch":{"excludeDomains":["a"]}}])"},
      {function(R"("name":"f.a:b-c","description":"d")"),
       function(R"("name":"1f","description":"d")")},
      {function(R"("name":"f","description":"d")"), function(R"("name":"f")")},
      {function(R"("name":"f","description":"d","behavior":"NON_BLOCKING")"),
       function(R"("name":"f","description":"d","behavior":"ASYNC")")},
      {function(R"("name":"f","description":"d","parameters":{"type":"OBJECT"})"),
       function(R"("name":"f","description":"d","parameters":{"type":"object"})")},
      {function(
           R"("name":"f","description":"d","parameters":{"type":"ARRAY","items":{"type":"STRING"}})"),
       function(R"("name":"f","description":"d","parameters":{"type":"ARRAY","items":{}})")},
      {function(R"("name":"f","description":"d","parameters":{"type":"STRING","enum":["a"]})"),
       function(R"("name":"f","description":"d","parameters":{"type":"STRING","enum":[1]})")},
      {function(
           R"("name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"NULL"}}})"),
       function(
           R"("name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"oneOf":[]}}})")},
      {function(
           R"("name":"f","description":"d","parametersJsonSchema":{"type":"object","additionalProperties":false})"),
       function(R"("name":"f","description":"d","jsonSchema":{})")},
  };
  for (const Case& each : cases) {
    CAPTURE(each.good);
    CAPTURE(each.bad);
    CHECK(setup_error(each.good) == "");
    CHECK(field_error(with_setup(each.bad)) != "");
  }
}

TEST_CASE("the model is required and has its form") {
  CHECK(setup_error("") == "");
  CHECK(starts(field_error(R"({"setup":{}})"), "Invalid value at 'setup.model'"));
  CHECK(starts(field_error(R"({"setup":{"model":"gemini-3.8-live"}})"),
               "Invalid value at 'setup.model'"));
}

TEST_CASE("what exists in the schema but not in Live is an invalid argument") {
  for (const std::string& fields :
       {generation(R"("stopSequences":["a"])"), generation(R"("responseMimeType":"a/b")"),
        generation(R"("responseSchema":{})"), generation(R"("responseJsonSchema":{})"),
        generation(R"("responseLogprobs":true)"), generation(R"("logprobs":1)"),
        generation(R"("enableEnhancedCivicAnswers":true)"), generation(R"("imageConfig":{})"),
        std::string(R"("avatarConfig":{})"), std::string(R"("labels":{"a":"b"})"),
        std::string(R"("tools":[{"googleMaps":{}}])"),
        std::string(R"("tools":[{"fileSearch":{}}])"),
        std::string(R"("tools":[{"computerUse":{}}])"),
        std::string(R"("tools":[{"mcpServers":[]}])"),
        std::string(R"("tools":[{"googleSearchRetrieval":{}}])")}) {
    CAPTURE(fields);
    CHECK(field_error(with_setup(fields)) == "");
    CHECK(setup_error(fields) == k_invalid);
  }
}

TEST_CASE("rules by model") {
  struct Case {
    std::string fields, good, bad;
    std::string reason = k_invalid;
  };
  const auto thinking = [](const std::string& fields) {
    return generation(R"("thinkingConfig":{)" + fields + "}");
  };
  const auto voice = [](const std::string& name) {
    return generation(R"("speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":")" +
                      name + R"("}}})");
  };
  const std::string plain = R"("name":"f","description":"d")";
  const std::vector<Case> cases = {
      {thinking(R"("thinkingLevel":"LOW")"), k_et, "gemini-3.8-live"},
      {thinking(R"("includeThoughts":true)"), k_31, "gemini-3.8-live"},
      {thinking(R"("thinkingLevel":"MINIMAL")"), k_31, k_et},
      {thinking(R"("thinkingBudget":0)"), k_25, k_31},
      {thinking(R"("thinkingLevel":"HIGH")"), k_31, k_25},
      {R"("proactivity":{"proactiveAudio":true})", "gemini-3.8-live", k_31},
      {generation(R"("speechConfig":{"languageCode":"de-DE"})"), "gemini-3.5-transcribe-live",
       "gemini-3.8-live"},
      {generation(R"("translationConfig":{"targetLanguageCode":"de"})"),
       "gemini-3.5-live-translate-preview", "gemini-3.8-live"},
      {R"("systemInstruction":{"parts":[{"text":"a"}]})", "gemini-3.8-live",
       "gemini-3.5-live-translate-preview"},
      {R"("tools":[{"codeExecution":{}}])", k_25, "gemini-3.8-live"},
      {R"("tools":[{"urlContext":{}}])", k_25, k_31},
      {function(plain + R"(,"behavior":"BLOCKING")"), "gemini-3.8-live", k_et},
      {function(plain), "gemini-3.8-live", k_et},
      {function(plain + R"(,"behavior":"NON_BLOCKING")"), k_et, k_31},
      {generation(R"("responseModalities":["TEXT"])"), "gemini-3.5-transcribe-live",
       "gemini-3.8-live",
       "The requested combination of response modalities (TEXT) is not supported by the model."},
      {voice("en-us-tavi"), "gemini-3.8-live", k_31, "no matching speaker voice for 'en-us-tavi'."},
  };
  for (const Case& each : cases) {
    CAPTURE(each.fields);
    CHECK(setup_error(each.fields, each.good) == "");
    CHECK(setup_error(each.fields, each.bad) == each.reason);
  }
  CHECK(setup_error(R"("proactivity":{"proactiveAudio":false})") == k_invalid);
  CHECK(setup_error(generation(R"("responseModalities":["AUDIO","TEXT"])")) != "");
  CHECK(setup_error(voice("Kore"), k_31) == "");
  CHECK(setup_error(voice("Nobody")) != "");
}

TEST_CASE("affective dialog and proactivity of 2.5 exist on v1alpha alone") {
  const std::string affective = generation(R"("enableAffectiveDialog":true)");
  const std::string proactive = R"("proactivity":{"proactiveAudio":true})";
  CHECK(setup_error(affective, k_25, "v1alpha") == "");
  CHECK(starts(setup_error(affective, k_25),
               "Invalid JSON payload received. Unknown name \"enableAffectiveDialog\""));
  CHECK(setup_error(affective, "gemini-3.8-live", "v1alpha") == k_invalid);
  CHECK(setup_error(proactive, k_25, "v1alpha") == "");
  CHECK(starts(setup_error(proactive, k_25),
               "Invalid JSON payload received. Unknown name \"proactivity\""));
}

TEST_CASE("rules across fields") {
  CHECK(
      setup_error(
          R"("contextWindowCompression":{"triggerTokens":100,"slidingWindow":{"targetTokens":100}})") ==
      k_invalid);
  CHECK(setup_error(R"("inputAudioTranscription":{"mode":"SMART","wordTimestamp":true})") ==
        k_invalid);
  CHECK(setup_error(R"("inputAudioTranscription":{"mode":"VERBATIM","wordTimestamp":true})") == "");
  const std::string plain = R"("name":"f","description":"d",)";
  CHECK(setup_error(function(
            plain + R"("parameters":{"type":"OBJECT"},"parametersJsonSchema":{})")) == k_invalid);
  CHECK(setup_error(function(plain + R"("response":{"type":"OBJECT"},"responseJsonSchema":{})")) ==
        k_invalid);
}

TEST_CASE("key and model") {
  CHECK(!check_key("anything", std::nullopt));
  CHECK(check_key("bad-key", std::nullopt)->reason ==
        "API key not valid. Please pass a valid API key.");
  CHECK(check_key("bad-key", std::nullopt)->code == 1007);
  CHECK(!check_key("right", "right"));
  CHECK(check_key("wrong", "right"));
  CHECK(check_key("", std::nullopt)->code == 1008);
  CHECK(starts(check_key("", std::nullopt)->reason, "Method doesn't allow unregistered callers"));
  const std::vector<std::string> models = {"a"};
  CHECK(!check_model("models/a", models, "v1beta"));
  const auto refusal = check_model("models/b", models, "v1beta");
  CHECK(refusal->code == 1008);
  CHECK(starts(refusal->reason,
               "models/b is not found for API version v1beta, or is not supported for "
               "bidiGenerateContent."));
}

TEST_CASE("reasons are cut at 123 bytes and never inside a character") {
  CHECK(cut_reason("short") == "short");
  CHECK(cut_reason(std::string(200, 'x')).size() == 123);
  CHECK(cut_reason(std::string(122, 'x') + "ä") == std::string(122, 'x'));
  CHECK(cut_reason(std::string(121, 'x') + "ä").size() == 123);
}

TEST_CASE("turns by hand: sound goes between their marks, which come in pairs") {
  const auto check = [](std::string_view input, bool by_hand, bool open) {
    return check_realtime_input(json::parse(input).as_object(), by_hand, open, false).has_value();
  };
  constexpr std::string_view audio =
      R"({"audio":{"data":"AAAAAAAA","mime_type":"audio/pcm;rate=16000"}})";
  CHECK_FALSE(check(audio, false, false));
  CHECK_FALSE(check(audio, true, true));
  CHECK(check(audio, true, false));
  CHECK_FALSE(check(R"({"activity_start":{}})", true, false));
  CHECK(check(R"({"activity_start":{}})", true, true));
  CHECK(check(R"({"activity_start":{}})", false, false));
  CHECK_FALSE(check(R"({"activity_end":{}})", true, true));
  CHECK(check(R"({"activity_end":{}})", true, false));
  CHECK(check(R"({"audio_stream_end":true})", true, true));
}
