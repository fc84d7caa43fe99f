// The part of validator.hpp that is not in the tables: what depends on the key, the model, or on
// two fields at once.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <regex>

#include "tests/sim/validator.hpp"

namespace gv::sim {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 9> k_models = {
    "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking",
    "gemini-3.1-flash-live-preview",
    "gemini-2.5-flash-native-audio-latest",
    "gemini-2.5-flash-native-audio-preview-12-2025",
    "gemini-2.5-flash-native-audio-preview-09-2025",
    "gemini-3.5-live-translate-preview",
    "gemini-3.5-transcribe-live",
    "gemini-robotics-er-2-streaming-preview",
};

constexpr std::array<std::string_view, 30> k_voices = {
    "Zephyr",    "Puck",          "Charon",       "Kore",      "Fenrir",     "Leda",
    "Orus",      "Aoede",         "Callirrhoe",   "Autonoe",   "Enceladus",  "Iapetus",
    "Umbriel",   "Algieba",       "Despina",      "Erinome",   "Algenib",    "Rasalgethi",
    "Laomedeia", "Achernar",      "Alnilam",      "Schedar",   "Gacrux",     "Pulcherrima",
    "Achird",    "Zubenelgenubi", "Vindemiatrix", "Sadachbia", "Sadaltager", "Sulafat",
};

// The value at a path of object keys; null where a step is missing.
const json::value* find(const json::object& from, std::initializer_list<std::string_view> path) {
  const json::object* object = &from;
  const json::value* value = nullptr;
  for (const std::string_view key : path) {
    if (!object) return nullptr;
    value = object->if_contains(key);
    if (!value) return nullptr;
    object = value->if_object();
  }
  return value;
}

std::string_view text(const json::value* value) {
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

template <typename Visit>
void each_function(const json::object& setup, Visit visit) {
  const json::value* const tools = find(setup, {"tools"});
  if (!tools) return;
  for (const json::value& tool : tools->get_array()) {
    const json::value* const functions = tool.get_object().if_contains("function_declarations");
    if (!functions) continue;
    for (const json::value& function : functions->get_array()) {
      visit(function.get_object());
    }
  }
}

bool has_tool(const json::object& setup, std::string_view name) {
  const json::value* const tools = find(setup, {"tools"});
  return tools && std::ranges::any_of(tools->get_array(), [name](const json::value& tool) {
           return tool.get_object().contains(name);
         });
}

bool native_audio(Family model) {
  return model == Family::live_38 || model == Family::extended_thinking ||
         model == Family::live_31 || model == Family::native_25;
}

struct Context {
  const json::object& setup;
  Family model;
  std::string_view api_version;
};
using Verdict = std::optional<Refusal>;

Verdict refuse_if(bool refused) {
  return refused ? Verdict(invalid_argument()) : std::nullopt;
}

Verdict modalities(const Context& c) {
  const json::value* const list = find(c.setup, {"generation_config", "response_modalities"});
  if (!list) return std::nullopt;
  std::string names;
  for (const json::value& name : list->get_array()) {
    names += (names.empty() ? "" : ", ") + std::string(text(&name));
  }
  if (c.model == Family::transcribe ? names == "TEXT" : names == "AUDIO") return std::nullopt;
  return Refusal{1007, "The requested combination of response modalities (" + names +
                           ") is not supported by the model."};
}

Verdict voice(const Context& c) {
  const std::string_view name =
      text(find(c.setup, {"generation_config", "speech_config", "voice_config",
                          "prebuilt_voice_config", "voice_name"}));
  if (name.empty() || std::ranges::find(k_voices, name) != k_voices.end()) return std::nullopt;
  static const std::regex library("[a-z]{2,3}-[a-z]{2}-[a-z0-9]+");
  const bool has_library = c.model == Family::live_38 || c.model == Family::extended_thinking;
  if (has_library && std::regex_match(name.begin(), name.end(), library)) return std::nullopt;
  return Refusal{1007, "no matching speaker voice for '" + std::string(name) + "'."};
}

Verdict language(const Context& c) {
  return refuse_if(native_audio(c.model) &&
                   find(c.setup, {"generation_config", "speech_config", "language_code"}));
}

Verdict thinking(const Context& c) {
  const json::value* const config = find(c.setup, {"generation_config", "thinking_config"});
  if (!config) return std::nullopt;
  const std::string_view level = text(config->get_object().if_contains("thinking_level"));
  const bool budget = config->get_object().contains("thinking_budget");
  switch (c.model) {
    case Family::live_38:
      return invalid_argument();
    case Family::extended_thinking:
      return refuse_if(budget || level == "MINIMAL");
    case Family::live_31:
      return refuse_if(budget);
    case Family::native_25:
      return refuse_if(!level.empty());
    case Family::translate:
    case Family::transcribe:
    case Family::other:
      return std::nullopt;
  }
  return std::nullopt;
}

Verdict affective(const Context& c) {
  return refuse_if(c.model != Family::native_25 &&
                   find(c.setup, {"generation_config", "enable_affective_dialog"}));
}

Verdict proactivity(const Context& c) {
  const json::value* const config = find(c.setup, {"proactivity"});
  if (!config) return std::nullopt;
  const json::value* const audio = find(c.setup, {"proactivity", "proactive_audio"});
  if (c.model == Family::live_38 || c.model == Family::extended_thinking) {
    return refuse_if(audio && !audio->get_bool());
  }
  if (c.model == Family::native_25) {
    if (c.api_version == "v1alpha") return std::nullopt;
    return Refusal{1007,
                   "Invalid JSON payload received. Unknown name \"proactivity\" at 'setup': Cannot "
                   "find field."};
  }
  return invalid_argument();
}

Verdict translation(const Context& c) {
  const bool config = find(c.setup, {"generation_config", "translation_config"});
  if (c.model != Family::translate) return refuse_if(config);
  return refuse_if(find(c.setup, {"tools"}) || find(c.setup, {"system_instruction"}));
}

Verdict tools(const Context& c) {
  const bool current = c.model == Family::live_38 || c.model == Family::extended_thinking ||
                       c.model == Family::live_31;
  return refuse_if(current &&
                   (has_tool(c.setup, "code_execution") || has_tool(c.setup, "url_context")));
}

Verdict behaviors(const Context& c) {
  bool refused = false;
  each_function(c.setup, [&refused, &c](const json::object& function) {
    const std::string_view behavior = text(function.if_contains("behavior"));
    refused = refused || (c.model == Family::extended_thinking && behavior != "NON_BLOCKING") ||
              (c.model == Family::live_31 && behavior == "NON_BLOCKING");
  });
  return refuse_if(refused);
}

Verdict declarations(const Context& c) {
  std::size_t count = 0;
  bool both = false;
  each_function(c.setup, [&count, &both](const json::object& function) {
    ++count;
    both = both ||
           (function.contains("parameters") && function.contains("parameters_json_schema")) ||
           (function.contains("response") && function.contains("response_json_schema"));
  });
  return refuse_if(both || count > 512);
}

Verdict compression(const Context& c) {
  const json::value* const trigger =
      find(c.setup, {"context_window_compression", "trigger_tokens"});
  const json::value* const target =
      find(c.setup, {"context_window_compression", "sliding_window", "target_tokens"});
  return refuse_if(trigger && target && target->get_int64() >= trigger->get_int64());
}

Verdict transcription(const Context& c) {
  for (const std::string_view side : {"input_audio_transcription", "output_audio_transcription"}) {
    const json::value* const config = find(c.setup, {side});
    if (!config || text(find(c.setup, {side, "mode"})) != "SMART") continue;
    const json::object& fields = config->get_object();
    if (fields.contains("word_timestamp") || fields.contains("diarization")) {
      return invalid_argument();
    }
  }
  return std::nullopt;
}

// In this order; the first that refuses is heard.
constexpr std::array k_setup_rules = {modalities, voice,        language,    thinking,
                                      affective,  proactivity,  translation, tools,
                                      behaviors,  declarations, compression, transcription};

}  // namespace

Family family(std::string_view model) {
  if (model.starts_with("models/")) model.remove_prefix(7);
  if (model == "gemini-3.8-live-extended-thinking") return Family::extended_thinking;
  if (model == "gemini-3.8-live") return Family::live_38;
  if (model.starts_with("gemini-3.1-flash-live")) return Family::live_31;
  if (model.starts_with("gemini-2.5-flash-native-audio")) return Family::native_25;
  if (model.starts_with("gemini-3.5-live-translate")) return Family::translate;
  if (model.starts_with("gemini-3.5-transcribe")) return Family::transcribe;
  return Family::other;
}

std::span<const std::string_view> default_models() {
  return k_models;
}

std::optional<Refusal> check_key(std::string_view key, const std::optional<std::string>& accepted) {
  if (key.empty()) {
    return Refusal{1008,
                   "Method doesn't allow unregistered callers (callers without established "
                   "identity). Please use API Key or other form of API consumer identity to call "
                   "this API."};
  }
  if (accepted ? key == *accepted : !key.starts_with("bad")) return std::nullopt;
  return Refusal{1007, "API key not valid. Please pass a valid API key."};
}

std::optional<Refusal> check_model(std::string_view model, std::span<const std::string> models,
                                   std::string_view api_version) {
  const std::string_view id = model.starts_with("models/") ? model.substr(7) : model;
  if (std::ranges::find(models, id) != models.end()) return std::nullopt;
  return Refusal{1008, "models/" + std::string(id) + " is not found for API version " +
                           std::string(api_version) +
                           ", or is not supported for bidiGenerateContent. Call ModelService."
                           "ListModels to see the list of available models and their supported "
                           "methods."};
}

std::optional<Refusal> check_setup_rules(const json::object& setup, std::string_view api_version) {
  const Context context{setup, family(text(setup.if_contains("model"))), api_version};
  for (const auto& rule : k_setup_rules) {
    if (Verdict refusal = rule(context)) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> check_client_content(const json::object& content, Family model,
                                            bool history_open) {
  if (model == Family::live_31 && !history_open) return invalid_argument();
  const json::value* const turns = content.if_contains("turns");
  if (!turns) return std::nullopt;
  for (const json::value& turn : turns->get_array()) {
    const json::object& fields = turn.get_object();
    const bool needs_role = model != Family::native_25;
    if (needs_role && !fields.contains("role")) return invalid_argument();
    const json::value* const parts = fields.if_contains("parts");
    if (!parts || parts->get_array().empty()) return invalid_argument();
    for (const json::value& part : parts->get_array()) {
      const json::object& keys = part.get_object();
      const std::size_t marks = keys.count("thought") + keys.count("thought_signature");
      if (keys.size() - marks != 1) return invalid_argument();
    }
  }
  return std::nullopt;
}

std::optional<Refusal> check_realtime_input(const json::object& input, bool manual_activity,
                                            bool activity_open, bool legacy) {
  if (input.contains("media_chunks") && !legacy) {
    return Refusal{1007,
                   "realtime_input.media_chunks is deprecated. Use audio, video, or text instead."};
  }
  if (input.size() != 1) return invalid_argument();
  const bool start = input.contains("activity_start");
  if (start || input.contains("activity_end")) {
    if (!manual_activity) {
      return Refusal{1007,
                     "Explicit activity control is not supported when automatic activity detection "
                     "is enabled."};
    }
    if (start == activity_open) return invalid_argument();
  }
  if (const json::value* const end = input.if_contains("audio_stream_end")) {
    if (manual_activity || !end->get_bool()) return invalid_argument();
  }
  if (const json::value* const audio = find(input, {"audio"})) {
    if (manual_activity && !activity_open) return invalid_argument();
    const auto bytes = base64_decode(text(find(input, {"audio", "data"})));
    const auto rate = pcm_rate(text(find(input, {"audio", "mime_type"})));
    if (!audio->is_object() || !rate || *rate < 8000 || *rate > 192'000) return invalid_argument();
    if (!bytes || bytes->empty() || bytes->size() % 2 != 0) return invalid_argument();
  }
  if (find(input, {"video"}) && !text(find(input, {"video", "mime_type"})).starts_with("image/")) {
    return invalid_argument();
  }
  return std::nullopt;
}

}  // namespace gv::sim
