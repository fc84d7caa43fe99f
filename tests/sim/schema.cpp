#include "tests/sim/schema.hpp"

namespace gv::sim {
namespace {

using Names = std::string_view;

constexpr Field string(Names name, const char* pattern = nullptr) {
  return {.name = name, .kind = Kind::string, .pattern = pattern};
}
constexpr Field boolean(Names name) {
  return {.name = name, .kind = Kind::boolean};
}
constexpr Field int32(Names name) {
  return {.name = name, .kind = Kind::int32};
}
constexpr Field int64(Names name) {
  return {.name = name, .kind = Kind::int64};
}
constexpr Field number(Names name) {
  return {.name = name, .kind = Kind::number};
}
constexpr Field bytes(Names name) {
  return {.name = name, .kind = Kind::bytes};
}
constexpr Field any(Names name) {
  return {.name = name, .kind = Kind::any};
}
constexpr Field one_of(Names name, const EnumType& type) {
  return {.name = name, .kind = Kind::enumeration, .enumeration = &type};
}
constexpr Field object(Names name, const MessageType& type) {
  return {.name = name, .kind = Kind::message, .message = &type};
}
constexpr Field map(Names name, const MessageType& type) {
  return {.name = name, .kind = Kind::map, .message = &type};
}
constexpr Field list(Field field) {
  field.repeated = true;
  return field;
}
constexpr Field required(Field field) {
  field.required = true;
  return field;
}
constexpr Field range(Field field, double minimum, double maximum) {
  field.minimum = minimum;
  field.maximum = maximum;
  return field;
}
constexpr Field at_least(Field field, double minimum) {
  field.minimum = minimum;
  return field;
}
constexpr Field alpha_only(Field field) {
  field.support = Support::alpha_only;
  return field;
}
constexpr Field unsupported(Field field) {
  field.support = Support::unsupported_in_live;
  return field;
}

#define GV_ENUM(id, proto, ...)                            \
  constexpr std::string_view id##_names[] = {__VA_ARGS__}; \
  constexpr EnumType id {                                  \
    proto, id##_names                                      \
  }

GV_ENUM(modality, "GenerationConfig.Modality", "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO",
        "VIDEO");
GV_ENUM(media_resolution, "GenerationConfig.MediaResolution", "MEDIA_RESOLUTION_UNSPECIFIED",
        "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH");
GV_ENUM(thinking_level, "ThinkingConfig.ThinkingLevel", "THINKING_LEVEL_UNSPECIFIED", "LOW",
        "MEDIUM", "HIGH", "MINIMAL");
GV_ENUM(start_sensitivity, "RealtimeInputConfig.AutomaticActivityDetection.StartSensitivity",
        "START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW");
GV_ENUM(end_sensitivity, "RealtimeInputConfig.AutomaticActivityDetection.EndSensitivity",
        "END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW");
GV_ENUM(activity_handling, "RealtimeInputConfig.ActivityHandling", "ACTIVITY_HANDLING_UNSPECIFIED",
        "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION");
GV_ENUM(turn_coverage, "RealtimeInputConfig.TurnCoverage", "TURN_COVERAGE_UNSPECIFIED",
        "TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO");
GV_ENUM(transcription_mode, "AudioTranscriptionConfig.Mode", "MODE_UNSPECIFIED", "VERBATIM",
        "SMART");
GV_ENUM(harm_category, "HarmCategory", "HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY");
GV_ENUM(harm_threshold, "SafetySetting.HarmBlockThreshold", "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
        "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF");
GV_ENUM(behavior, "FunctionDeclaration.Behavior", "UNSPECIFIED", "BLOCKING", "NON_BLOCKING");
GV_ENUM(scheduling, "FunctionResponse.Scheduling", "SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE",
        "INTERRUPT");
GV_ENUM(schema_type, "Type", "TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY",
        "OBJECT", "NULL");
#undef GV_ENUM

constexpr MessageType empty{"Empty", {}};

// --- Content -------------------------------------------------------------------------------------
constexpr Field blob_fields[] = {required(string("mime_type")), required(bytes("data"))};
constexpr MessageType blob{"Blob", blob_fields};
constexpr Field file_data_fields[] = {string("mime_type"), required(string("file_uri"))};
constexpr MessageType file_data{"FileData", file_data_fields};
constexpr Field part_fields[] = {
    string("text"),       object("inline_data", blob),  object("file_data", file_data),
    any("function_call"), any("function_response"),     any("executable_code"),
    boolean("thought"),   any("code_execution_result"), bytes("thought_signature"),
};
constexpr MessageType part{"Part", part_fields};
constexpr Field turn_fields[] = {string("role", "user|model"), list(object("parts", part))};
constexpr MessageType turn{"Content", turn_fields};
constexpr Field text_part_fields[] = {required(string("text"))};
constexpr MessageType text_part{"Part", text_part_fields};
constexpr Field instruction_fields[] = {string("role"), list(required(object("parts", text_part)))};
constexpr MessageType instruction{"Content", instruction_fields};

// --- Generation ----------------------------------------------------------------------------------
constexpr Field prebuilt_voice_fields[] = {required(string("voice_name"))};
constexpr MessageType prebuilt_voice{"PrebuiltVoiceConfig", prebuilt_voice_fields};
constexpr Field consent_fields[] = {string("signature")};
constexpr MessageType consent{"VoiceConsentSignature", consent_fields};
constexpr Field replicated_voice_fields[] = {string("mime_type"), bytes("voice_sample_audio"),
                                             bytes("consent_audio"),
                                             object("voice_consent_signature", consent)};
constexpr MessageType replicated_voice{"ReplicatedVoiceConfig", replicated_voice_fields};
constexpr Field voice_fields[] = {object("prebuilt_voice_config", prebuilt_voice),
                                  object("replicated_voice_config", replicated_voice)};
constexpr MessageType voice{"VoiceConfig", voice_fields};
constexpr Field speech_fields[] = {string("language_code"), object("voice_config", voice)};
constexpr MessageType speech{"SpeechConfig", speech_fields};
constexpr Field thinking_fields[] = {boolean("include_thoughts"), int32("thinking_budget"),
                                     one_of("thinking_level", thinking_level)};
constexpr MessageType thinking{"ThinkingConfig", thinking_fields};
constexpr Field translation_fields[] = {string("target_language_code"),
                                        boolean("echo_target_language")};
constexpr MessageType translation{"TranslationConfig", translation_fields};
constexpr Field generation_fields[] = {
    list(one_of("response_modalities", modality)),
    int32("candidate_count"),
    int32("max_output_tokens"),
    int32("top_k"),
    int32("seed"),
    range(number("temperature"), 0, 2),
    range(number("top_p"), 0, 1),
    range(number("presence_penalty"), -2, 2),
    range(number("frequency_penalty"), -2, 2),
    one_of("media_resolution", media_resolution),
    object("speech_config", speech),
    object("thinking_config", thinking),
    alpha_only(boolean("enable_affective_dialog")),
    object("translation_config", translation),
    unsupported(list(string("stop_sequences"))),
    unsupported(string("response_mime_type")),
    unsupported(any("response_schema")),
    unsupported(any("response_json_schema")),
    unsupported(boolean("response_logprobs")),
    unsupported(int32("logprobs")),
    unsupported(boolean("enable_enhanced_civic_answers")),
    unsupported(any("image_config")),
};
constexpr MessageType generation{"GenerationConfig", generation_fields};

// --- Real-time input, session
// ---------------------------------------------------------------------
constexpr Field detection_fields[] = {
    boolean("disabled"),
    one_of("start_of_speech_sensitivity", start_sensitivity),
    one_of("end_of_speech_sensitivity", end_sensitivity),
    at_least(int32("prefix_padding_ms"), 0),
    at_least(int32("silence_duration_ms"), 0),
};
constexpr MessageType detection{"RealtimeInputConfig.AutomaticActivityDetection", detection_fields};
constexpr Field realtime_config_fields[] = {
    object("automatic_activity_detection", detection),
    one_of("activity_handling", activity_handling),
    one_of("turn_coverage", turn_coverage),
    boolean("interim_transcript_timestamp_enabled"),
};
constexpr MessageType realtime_config{"RealtimeInputConfig", realtime_config_fields};
constexpr Field resumption_fields[] = {string("handle", "[^]+")};
constexpr MessageType resumption{"SessionResumptionConfig", resumption_fields};
constexpr Field window_fields[] = {at_least(int64("target_tokens"), 1)};
constexpr MessageType window{"ContextWindowCompressionConfig.SlidingWindow", window_fields};
constexpr Field compression_fields[] = {at_least(int64("trigger_tokens"), 1),
                                        object("sliding_window", window)};
constexpr MessageType compression{"ContextWindowCompressionConfig", compression_fields};
constexpr Field hints_fields[] = {list(string("language_codes"))};
constexpr MessageType hints{"AudioTranscriptionConfig.LanguageHints", hints_fields};
constexpr Field transcription_fields[] = {
    list(string("language_codes")),
    list(string("custom_vocabulary")),
    one_of("mode", transcription_mode),
    boolean("word_timestamp"),
    boolean("diarization"),
    string("source_text"),
    object("language_auto", empty),
    object("language_hints", hints),
    list(string("adaptation_phrases")),
};
constexpr MessageType transcription{"AudioTranscriptionConfig", transcription_fields};
constexpr Field proactivity_fields[] = {boolean("proactive_audio"), boolean("proactive_video")};
constexpr MessageType proactivity{"ProactivityConfig", proactivity_fields};
constexpr Field history_fields[] = {boolean("initial_history_in_client_content")};
constexpr MessageType history{"HistoryConfig", history_fields};
constexpr Field safety_fields[] = {required(one_of("category", harm_category)),
                                   required(one_of("threshold", harm_threshold))};
constexpr MessageType safety{"SafetySetting", safety_fields};

}  // namespace

// --- Tools ---------------------------------------------------------------------------------------
// Not in the nameless namespace: the type contains itself, so it is declared before it is defined.
extern const MessageType parameter_schema;

namespace {

constexpr Field parameter_schema_fields[] = {
    required(one_of("type", schema_type)),
    string("format"),
    string("title"),
    string("description"),
    boolean("nullable"),
    list(string("enum")),
    object("items", parameter_schema),
    int64("min_items"),
    int64("max_items"),
    int64("min_properties"),
    int64("max_properties"),
    int64("min_length"),
    int64("max_length"),
    map("properties", parameter_schema),
    list(string("required")),
    number("minimum"),
    number("maximum"),
    string("pattern"),
    any("example"),
    any("default"),
    list(object("any_of", parameter_schema)),
    list(string("property_ordering")),
};

constexpr Field function_fields[] = {
    required(string("name", "[A-Za-z_][A-Za-z0-9_.:-]{0,127}")),
    required(string("description")),
    one_of("behavior", behavior),
    object("parameters", parameter_schema),
    any("parameters_json_schema"),
    object("response", parameter_schema),
    any("response_json_schema"),
};
constexpr MessageType function{"FunctionDeclaration", function_fields};
constexpr Field time_range_fields[] = {string("start_time"), string("end_time")};
constexpr MessageType time_range{"Interval", time_range_fields};
constexpr Field search_fields[] = {object("time_range_filter", time_range), any("search_types")};
constexpr MessageType search{"GoogleSearch", search_fields};
constexpr Field tool_fields[] = {
    list(object("function_declarations", function)),
    object("google_search", search),
    object("code_execution", empty),
    object("url_context", empty),
    unsupported(any("google_search_retrieval")),
    unsupported(any("google_maps")),
    unsupported(any("file_search")),
    unsupported(any("computer_use")),
    unsupported(any("mcp_servers")),
};
constexpr MessageType tool{"Tool", tool_fields};

// --- The five messages ---------------------------------------------------------------------------
constexpr Field setup_fields[] = {
    required(string("model", "models/[A-Za-z0-9._-]+")),
    object("generation_config", generation),
    object("system_instruction", instruction),
    list(object("tools", tool)),
    object("realtime_input_config", realtime_config),
    object("session_resumption", resumption),
    object("context_window_compression", compression),
    object("input_audio_transcription", transcription),
    object("output_audio_transcription", transcription),
    object("proactivity", proactivity),
    object("history_config", history),
    list(object("safety_settings", safety)),
    unsupported(any("avatar_config")),
    unsupported(any("labels")),
};
constexpr MessageType setup{"BidiGenerateContentSetup", setup_fields};
constexpr Field client_content_fields[] = {list(object("turns", turn)), boolean("turn_complete")};
constexpr MessageType client_content{"BidiGenerateContentClientContent", client_content_fields};
constexpr Field realtime_input_fields[] = {
    object("audio", blob),
    object("video", blob),
    string("text"),
    object("activity_start", empty),
    object("activity_end", empty),
    boolean("audio_stream_end"),
    list(object("media_chunks", blob)),
};
constexpr MessageType realtime_input{"BidiGenerateContentRealtimeInput", realtime_input_fields};
constexpr Field response_part_fields[] = {required(object("inline_data", blob))};
constexpr MessageType response_part{"FunctionResponsePart", response_part_fields};
constexpr Field function_response_fields[] = {
    required(string("id", "[^]+")),
    string("name"),
    // A google.protobuf.Struct: an object of anything.
    required({.name = "response", .kind = Kind::map}),
    one_of("scheduling", scheduling),
    boolean("will_continue"),
    list(object("parts", response_part)),
};
constexpr MessageType function_response{"FunctionResponse", function_response_fields};
constexpr Field tool_response_fields[] = {
    list(required(object("function_responses", function_response)))};
constexpr MessageType tool_response{"BidiGenerateContentToolResponse", tool_response_fields};
constexpr Field tool_list_fields[] = {list(object("tools", tool))};
constexpr MessageType tool_list{"ToolList", tool_list_fields};
constexpr Field context_update_fields[] = {object("system_instruction", instruction),
                                           object("tools", tool_list)};
constexpr MessageType context_update{"BidiGenerateContentContextUpdate", context_update_fields};

constexpr Field client_message_fields[] = {
    object("setup", setup),
    object("client_content", client_content),
    object("realtime_input", realtime_input),
    object("tool_response", tool_response),
    object("context_update", context_update),
};

}  // namespace

constexpr MessageType parameter_schema{"Schema", parameter_schema_fields};
constexpr MessageType client_message{"BidiGenerateContentClientMessage", client_message_fields};

}  // namespace gv::sim
