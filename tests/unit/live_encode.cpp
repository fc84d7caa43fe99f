#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <array>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "daemon/live/encode.hpp"

using namespace gv;
namespace json = boost::json;

namespace {

json::object setup(const config::Profile& profile, std::string_view handle = "") {
  return json::parse(live::encode_setup(profile, handle)).at("setup").as_object();
}

}  // namespace

TEST_CASE("the default profile's setup holds what every session needs and nothing 3.8 refuses") {
  const auto message = setup(config::Profile{});
  CHECK(message.at("model") == "models/gemini-3.8-live");
  CHECK(message.at("generationConfig") == json::parse(R"({"responseModalities":["AUDIO"]})"));
  CHECK(message.at("sessionResumption") == json::object{});
  CHECK(message.at("contextWindowCompression") == json::parse(R"({"slidingWindow":{}})"));
  CHECK(message.at("inputAudioTranscription") == json::object{});
  CHECK(message.at("outputAudioTranscription") == json::object{});
  CHECK(message.at("realtimeInputConfig") ==
        json::parse(R"({"activityHandling":"START_OF_ACTIVITY_INTERRUPTS",
                        "turnCoverage":"TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"})"));
  for (const auto* key : {"systemInstruction", "tools", "proactivity", "thinkingConfig"}) {
    CAPTURE(key);
    CHECK_FALSE(message.contains(key));
  }
}

TEST_CASE("a profile's wishes reach the setup") {
  config::Profile profile;
  profile.model = "models/gemini-3.1-flash-live-preview";
  profile.voice = "Kore";
  profile.language = "de";
  profile.instructions = "Be brief.";
  profile.interruptions = false;
  profile.google_search = true;
  profile.vad.start_sensitivity = config::Sensitivity::low;
  profile.vad.end_sensitivity = config::Sensitivity::high;
  profile.vad.prefix_padding = config::milliseconds(100);
  profile.vad.silence = config::milliseconds(700);
  const auto message = setup(profile, "handle");
  CHECK(message.at("model") == "models/gemini-3.1-flash-live-preview");
  CHECK(message.at("generationConfig")
            .at("speechConfig")
            .at("voiceConfig")
            .at("prebuiltVoiceConfig")
            .at("voiceName") == "Kore");
  CHECK_FALSE(
      message.at("generationConfig").at("speechConfig").as_object().contains("languageCode"));
  const auto& instruction =
      message.at("systemInstruction").at("parts").at(0).at("text").as_string();
  CHECK(instruction.starts_with("Be brief."));
  CHECK(instruction.find("unmistakably in de") != json::string::npos);
  CHECK(message.at("tools") == json::parse(R"([{"googleSearch":{}}])"));
  CHECK(message.at("sessionResumption").at("handle") == "handle");
  CHECK(message.at("realtimeInputConfig") == json::parse(R"({"automaticActivityDetection":{
                          "startOfSpeechSensitivity":"START_SENSITIVITY_LOW",
                          "endOfSpeechSensitivity":"END_SENSITIVITY_HIGH",
                          "prefixPaddingMs":100,"silenceDurationMs":700},
                        "activityHandling":"NO_INTERRUPTION",
                        "turnCoverage":"TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"})"));
}

TEST_CASE("push-to-talk takes the detection from the service and names the coverage") {
  config::Profile profile;
  profile.turn_taking = config::TurnTaking::push_to_talk;
  profile.vad.silence = config::milliseconds(700);
  CHECK(setup(profile).at("realtimeInputConfig") ==
        json::parse(R"({"automaticActivityDetection":{"disabled":true},
                        "activityHandling":"START_OF_ACTIVITY_INTERRUPTS",
                        "turnCoverage":"TURN_INCLUDES_ALL_INPUT"})"));
}

TEST_CASE("realtime messages") {
  const std::array<std::int16_t, 3> samples{0, 1, 2};
  CHECK(live::encode_audio(samples) ==
        R"({"realtimeInput":{"audio":{"data":"AAABAAIA","mimeType":"audio/pcm;rate=16000"}}})");
  CHECK(live::encode_text("a \"b\"\n") == R"({"realtimeInput":{"text":"a \"b\"\n"}})");
  CHECK(live::encode_audio_stream_end() == R"({"realtimeInput":{"audioStreamEnd":true}})");
  CHECK(live::encode_activity_start() == R"({"realtimeInput":{"activityStart":{}}})");
  CHECK(live::encode_activity_end() == R"({"realtimeInput":{"activityEnd":{}}})");
  CHECK(live::encode_interrupt() == R"({"clientContent":{"turnComplete":false}})");
}

TEST_CASE("3.1 takes no clientContent in mid-session") {
  CHECK_FALSE(live::rules_for("gemini-3.1-flash-live-preview").client_content_mid_session);
  CHECK_FALSE(live::rules_for("models/gemini-3.1-flash-live-preview").client_content_mid_session);
  CHECK(live::rules_for("gemini-3.8-live").client_content_mid_session);
}

TEST_CASE("functions are declared with the behaviour that the model allows") {
  const std::vector<live::Function> functions{
      {"look_up", "Looks it up.", R"({"type":"object"})", false, {}},
      {"next_song", "Skips.", "", true, {}}};
  const auto behaviours = [&functions](const std::string& model) {
    config::Profile profile;
    profile.model = model;
    profile.google_search = true;
    const auto message =
        json::parse(live::encode_setup(profile, "", false, functions)).at("setup").as_object();
    const auto& tools = message.at("tools").as_array();
    REQUIRE(tools.size() == 2);
    CHECK(tools[1] == json::parse(R"({"googleSearch":{}})"));
    const auto& declarations = tools[0].at("functionDeclarations");
    CHECK(declarations.at(0).at("parametersJsonSchema") == json::parse(R"({"type":"object"})"));
    CHECK_FALSE(declarations.at(1).as_object().contains("parametersJsonSchema"));
    return json::array{declarations.at(0).at("behavior"), declarations.at(1).at("behavior")};
  };
  CHECK(behaviours("gemini-3.8-live") == json::array{"NON_BLOCKING", "BLOCKING"});
  CHECK(behaviours("gemini-3.8-live-extended-thinking") ==
        json::array{"NON_BLOCKING", "NON_BLOCKING"});
  CHECK(behaviours("gemini-3.1-flash-live-preview") == json::array{"BLOCKING", "BLOCKING"});
  CHECK(behaviours("models/gemini-2.5-flash-native-audio-latest") ==
        json::array{"NON_BLOCKING", "BLOCKING"});
}

TEST_CASE("old models get pictures in the conversation, and no coverage that they do not know") {
  config::Profile profile;
  profile.model = "gemini-2.5-flash-native-audio-latest";
  CHECK(setup(profile).at("realtimeInputConfig").at("turnCoverage") ==
        "TURN_INCLUDES_ONLY_ACTIVITY");
  CHECK(json::parse(live::encode_picture("image/png", "abc", live::rules_for(profile.model))) ==
        json::parse(R"({"clientContent":{"turns":[{"role":"user","parts":[
                         {"inlineData":{"data":"YWJj","mimeType":"image/png"}}]}],
                       "turnComplete":false}})"));
}

TEST_CASE("an answer that is nested too deeply goes as text") {
  const std::string deep = R"({"output":)" + std::string(60, '[') + std::string(60, ']') + "}";
  const auto sent = json::parse(live::encode_tool_response({"fc-1", "f", deep, {}}));
  CHECK(sent.at("toolResponse").at("functionResponses").at(0).at("response").at("output") ==
        json::string(deep));
}
