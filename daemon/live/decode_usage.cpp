// The decoder's reading of usageMetadata (live-api.md section 3.9).
#include "daemon/live/decode.hpp"

namespace gv::live {

namespace json = boost::json;

namespace {

// Some hundred times what a model can read for an answer: more is a mistake of somebody's, and is
// worth no more than no number.
constexpr std::uint64_t most_tokens = 10'000'000;
constexpr std::size_t most_details = 32;

}  // namespace

std::uint64_t Decoder::tokens(const json::object& parent, std::string_view key) {
  const std::uint64_t told = count(parent, key);
  if (told <= most_tokens) return told;
  complain(key, "a count of tokens");
  return 0;
}

Tokens Decoder::told_tokens(const json::object& usage, std::string_view total,
                            std::string_view details) {
  Tokens told;
  told.total = tokens(usage, total);
  const auto* shares = list(usage, details);
  if (shares == nullptr) return told;
  std::size_t read = 0;
  for (const auto& share : *shares) {
    const auto* fields = share.if_object();
    if (fields == nullptr || ++read > most_details) {
      complain(details, "a short list of objects");
      break;
    }
    const auto modality = text(*fields, "modality");
    const auto number = tokens(*fields, "tokenCount");
    if (modality == "TEXT") {
      told.text += number;
    } else if (modality == "AUDIO") {
      told.audio += number;
    } else if (modality == "IMAGE" || modality == "VIDEO") {
      told.image += number;
    }
  }
  return told;
}

// cachedContentTokenCount is a part of the prompt, and not read: that it costs less is not counted
// on.
void Decoder::read_usage(const json::object& usage) {
  // Sound is the dearest: who keeps a budget is better warned too early than too late.
  const auto prompt =
      share_out(told_tokens(usage, "promptTokenCount", "promptTokensDetails"), Rest::audio);
  const auto response =
      share_out(told_tokens(usage, "responseTokenCount", "responseTokensDetails"), Rest::audio);
  // What a search or a tool brought in is read besides the prompt.
  const auto tools = share_out(
      told_tokens(usage, "toolUsePromptTokenCount", "toolUsePromptTokensDetails"), Rest::text);
  Usage told;
  told.text_in = prompt.text + tools.text;
  told.audio_in = prompt.audio + tools.audio;
  told.image_in = prompt.image + tools.image;
  // Pictures are not what these models answer with; thoughts come besides the response.
  told.text_out = response.text + tokens(usage, "thoughtsTokenCount");
  told.audio_out = response.audio + response.image;
  events_.emplace_back(told);
}

}  // namespace gv::live
