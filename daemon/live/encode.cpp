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

json::object realtime_input(const config::Profile& profile) {
  json::object input;
  if (auto detection = activity_detection(profile); !detection.empty()) {
    input["automaticActivityDetection"] = std::move(detection);
  }
  input["activityHandling"] =
      profile.interruptions ? "START_OF_ACTIVITY_INTERRUPTS" : "NO_INTERRUPTION";
  // With manual activity and 3.x's own default the model heard nothing (section 2.1.4).
  input["turnCoverage"] = profile.turn_taking == config::TurnTaking::push_to_talk
                              ? "TURN_INCLUDES_ALL_INPUT"
                              : "TURN_INCLUDES_ONLY_ACTIVITY";
  return input;
}

}  // namespace

ModelRules rules_for(std::string_view model) {
  if (model.starts_with("models/")) model.remove_prefix(7);
  ModelRules rules;
  rules.client_content_mid_session = !model.starts_with("gemini-3.1-");
  return rules;
}

std::string encode_setup(const config::Profile& profile, std::string_view resumption_handle,
                         bool history_follows) {
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
  if (profile.google_search) {
    setup["tools"] = json::array{json::object{{"googleSearch", json::object{}}}};
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

}  // namespace gv::live
