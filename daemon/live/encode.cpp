#include "daemon/live/encode.hpp"

#include <bit>

#include <boost/json.hpp>

#include "daemon/live/base64.hpp"

namespace gv::live {

namespace json = boost::json;

namespace {

std::string system_text(const config::Profile& profile) {
  std::string text = profile.instructions;
  if (!profile.language.empty()) {
    // Native audio models choose the language themselves and take only an explicit instruction
    // (live-api.md section 6.4).
    if (!text.empty()) text += "\n\n";
    text += "Respond in the language " + profile.language +
            " (BCP-47). You must respond unmistakably in " + profile.language + ".";
  }
  return text;
}

json::object activity_detection(const config::Profile& profile) {
  json::object detection;
  if (profile.turn_taking == config::TurnTaking::push_to_talk) {
    detection["disabled"] = true;
    return detection;
  }
  const auto& vad = profile.vad;
  if (vad.start_sensitivity) {
    detection["startOfSpeechSensitivity"] = *vad.start_sensitivity == config::Sensitivity::high
                                                ? "START_SENSITIVITY_HIGH"
                                                : "START_SENSITIVITY_LOW";
  }
  if (vad.end_sensitivity) {
    detection["endOfSpeechSensitivity"] = *vad.end_sensitivity == config::Sensitivity::high
                                              ? "END_SENSITIVITY_HIGH"
                                              : "END_SENSITIVITY_LOW";
  }
  if (vad.prefix_padding) detection["prefixPaddingMs"] = vad.prefix_padding->count();
  if (vad.silence) detection["silenceDurationMs"] = vad.silence->count();
  return detection;
}

std::string_view wire_name(config::Scheduling scheduling) {
  switch (scheduling) {
    case config::Scheduling::when_idle:
      return "WHEN_IDLE";
    case config::Scheduling::silent:
      return "SILENT";
    case config::Scheduling::interrupt:
      return "INTERRUPT";
  }
  return "";
}

// What a tool made is nested as deeply as it likes: what is too deep to be read goes as text.
json::object as_object(const std::string& text) {
  json::error_code ec;
  auto value = json::parse(text, ec);
  if (!ec && value.is_object()) return std::move(value.get_object());
  return {{"output", text}};
}

json::array tools(const config::Profile& profile, const std::vector<Function>& functions) {
  json::array tools;
  if (!functions.empty()) {
    const auto rules = rules_for(profile.model);
    json::array declarations;
    for (const Function& function : functions) {
      // Its default is told of in two ways (section 2.1.3): always said.
      json::object declaration{{"name", function.name},
                               {"description", function.description},
                               {"behavior", blocks(function, rules) ? "BLOCKING" : "NON_BLOCKING"}};
      if (!function.parameters.empty()) {
        declaration["parametersJsonSchema"] = as_object(function.parameters);
      }
      declarations.push_back(std::move(declaration));
    }
    tools.push_back(json::object{{"functionDeclarations", std::move(declarations)}});
  }
  if (profile.google_search) tools.push_back(json::object{{"googleSearch", json::object{}}});
  return tools;
}

std::string_view turn_coverage(const config::Profile& profile) {
  // With manual activity and 3.x's own default the model heard nothing (section 2.1.4).
  if (profile.turn_taking == config::TurnTaking::push_to_talk) return "TURN_INCLUDES_ALL_INPUT";
  if (rules_for(profile.model).all_video) return "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO";
  return "TURN_INCLUDES_ONLY_ACTIVITY";
}

std::string base64_of(std::string_view bytes) {
  std::string text;
  append_base64(text, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return text;
}

json::object client_content(json::object part, bool turn_complete) {
  return {{"clientContent",
           {{"turns",
             json::array{json::object{{"role", "user"}, {"parts", json::array{std::move(part)}}}}},
            {"turnComplete", turn_complete}}}};
}

json::object realtime_input(const config::Profile& profile) {
  json::object input;
  if (auto detection = activity_detection(profile); !detection.empty()) {
    input["automaticActivityDetection"] = std::move(detection);
  }
  input["activityHandling"] =
      profile.interruptions ? "START_OF_ACTIVITY_INTERRUPTS" : "NO_INTERRUPTION";
  input["turnCoverage"] = turn_coverage(profile);
  return input;
}

}  // namespace

ModelRules rules_for(std::string_view model) {
  if (model.starts_with("models/")) model.remove_prefix(7);
  ModelRules rules;
  const bool thinks = model.find("-extended-thinking") != model.npos;
  const bool old = model.starts_with("gemini-2.5-") || model.starts_with("gemini-live-2.5-");
  if (model.starts_with("gemini-3.1-")) {
    rules.client_content_mid_session = false;
    rules.calls = ModelRules::Calls::blocking;
  } else if (thinks) {
    rules.calls = ModelRules::Calls::non_blocking;
  }
  rules.scheduling = rules.calls == ModelRules::Calls::both;
  rules.deaf_while_blocked = old || rules.calls == ModelRules::Calls::blocking;
  rules.all_video = !old;
  return rules;
}

bool blocks(const Function& function, const ModelRules& rules) {
  switch (rules.calls) {
    case ModelRules::Calls::both:
      return function.blocking;
    case ModelRules::Calls::blocking:
      return true;
    case ModelRules::Calls::non_blocking:
      return false;
  }
  return false;
}

std::string encode_setup(const config::Profile& profile, std::string_view resumption_handle,
                         bool history_follows, const std::vector<Function>& functions) {
  json::object generation{{"responseModalities", json::array{"AUDIO"}}};
  if (!profile.voice.empty()) {
    generation["speechConfig"] = {
        {"voiceConfig", {{"prebuiltVoiceConfig", {{"voiceName", profile.voice}}}}}};
  }
  json::object setup;
  setup["model"] = profile.model.starts_with("models/") ? profile.model : "models/" + profile.model;
  setup["generationConfig"] = std::move(generation);
  if (auto text = system_text(profile); !text.empty()) {
    setup["systemInstruction"] = {{"parts", json::array{json::object{{"text", std::move(text)}}}}};
  }
  if (auto offered = tools(profile, functions); !offered.empty()) {
    setup["tools"] = std::move(offered);
  }
  setup["realtimeInputConfig"] = realtime_input(profile);
  json::object resumption;
  if (!resumption_handle.empty()) resumption["handle"] = resumption_handle;
  setup["sessionResumption"] = std::move(resumption);
  if (history_follows) setup["historyConfig"] = {{"initialHistoryInClientContent", true}};
  setup["contextWindowCompression"] = {{"slidingWindow", json::object{}}};
  setup["inputAudioTranscription"] = json::object{};
  setup["outputAudioTranscription"] = json::object{};
  return json::serialize(json::object{{"setup", std::move(setup)}});
}

std::string encode_history(const std::deque<PastTurn>& turns) {
  json::array contents;
  for (const PastTurn& turn : turns) {
    contents.push_back(json::object{{"role", turn.by_model ? "model" : "user"},
                                    {"parts", json::array{json::object{{"text", turn.text}}}}});
  }
  return json::serialize(
      json::object{{"clientContent", {{"turns", std::move(contents)}, {"turnComplete", true}}}});
}

std::string encode_audio(std::span<const std::int16_t> samples) {
  static_assert(std::endian::native == std::endian::little, "samples go out as they are");
  constexpr std::string_view head = R"({"realtimeInput":{"audio":{"data":")";
  constexpr std::string_view tail = R"(","mimeType":"audio/pcm;rate=16000"}}})";
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(samples.data()),
                        samples.size_bytes());
  std::string message;
  message.reserve(head.size() + (bytes.size() + 2) / 3 * 4 + 1 + tail.size());
  message += head;
  append_base64(message, bytes);
  message += tail;
  return message;
}

std::string encode_text(std::string_view text) {
  return json::serialize(json::object{{"realtimeInput", {{"text", text}}}});
}

std::string encode_audio_stream_end() {
  return R"({"realtimeInput":{"audioStreamEnd":true}})";
}

std::string encode_activity_start() {
  return R"({"realtimeInput":{"activityStart":{}}})";
}

std::string encode_activity_end() {
  return R"({"realtimeInput":{"activityEnd":{}}})";
}

std::string encode_interrupt() {
  return R"({"clientContent":{"turnComplete":false}})";
}

std::string encode_tool_response(const FunctionAnswer& answer) {
  json::object response;
  if (!answer.id.empty()) response["id"] = answer.id;
  response["name"] = answer.name;
  response["response"] = as_object(answer.response);
  if (answer.scheduling) response["scheduling"] = wire_name(*answer.scheduling);
  return json::serialize(
      json::object{{"toolResponse", {{"functionResponses", json::array{std::move(response)}}}}});
}

std::string encode_note(std::string_view text, bool to_answer) {
  return json::serialize(client_content({{"text", text}}, to_answer));
}

std::string encode_picture(std::string_view mime_type, std::string_view bytes,
                           const ModelRules& rules) {
  json::object picture{{"data", base64_of(bytes)}, {"mimeType", mime_type}};
  if (rules.all_video) {
    return json::serialize(json::object{{"realtimeInput", {{"video", std::move(picture)}}}});
  }
  return json::serialize(client_content({{"inlineData", std::move(picture)}}, false));
}

}  // namespace gv::live
