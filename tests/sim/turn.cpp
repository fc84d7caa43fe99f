#include "tests/sim/turn.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

namespace gv::sim {
namespace {

namespace json = boost::json;

// The chunk sizes seen from the service, after a first message of one sample.
constexpr std::size_t k_chunks[] = {2400, 7680, 9600, 15360, 9600, 7680};
constexpr int k_tokens_per_second = 25;

}  // namespace

Turn::Turn(asio::io_context& io, Outbox& outbox, Hooks hooks)
    : outbox_(outbox), hooks_(std::move(hooks)), timers_(io) {}

std::int64_t Turn::to_ms(std::size_t bytes) const {
  return static_cast<std::int64_t>(bytes) * 500 / rate_;
}

void Turn::start(Answer answer, std::chrono::milliseconds think) {
  if (phase_ == Phase::ending) complete();
  timers_.cancel_all();
  ++number_;
  answer_ = std::move(answer);
  rate_ = outbox_.quirks.answer_rate;
  pcm_ = as_bytes(resample(answer_.audio, k_downlink_rate, rate_));
  sent_ = 0;
  chunk_ = 0;
  words_ = fragments(answer_.transcript);
  words_sent_ = 0;
  stalled_ = false;
  phase_ = Phase::thinking;
  timers_.after(think, [this] { begin(); });
}

void Turn::begin() {
  const std::uint64_t number = number_;
  phase_ = Phase::streaming;
  first_audio_ = Timers::Clock::now();
  burst_start_ = first_audio_;
  hooks_.event(Event::answer_start, -1, 0);
  if (number != number_ || phase_ != Phase::streaming) return;
  if (outbox_.quirks.thoughts) {
    outbox_.send({{"serverContent",
                   {{"modelTurn",
                     {{"parts", json::array{{{"text", "The user said something; answer briefly."},
                                             {"thought", true},
                                             {"thoughtSignature", "c2ln"}}}}}}}}},
                 "thought");
  }
  switch (answer_.kind) {
    case NextAnswer::empty:
    case NextAnswer::rejected:
    case NextAnswer::none:
      complete();
      return;
    case NextAnswer::bundled:
      send_bundle();
      return;
    case NextAnswer::premature:
      pcm_.resize(std::min(pcm_.size(), static_cast<std::size_t>(outbox_.quirks.premature_ms) *
                                            static_cast<std::size_t>(rate_) / 1000 * 2));
      break;
    case NextAnswer::normal:
    case NextAnswer::in_progress:
      break;
  }
  send_chunk();
}

void Turn::send_chunk() {
  const std::uint64_t number = number_;
  if (sent_ == pcm_.size()) {
    generated();
    return;
  }
  std::size_t size = sent_ == 0 ? 2 : k_chunks[chunk_ % std::size(k_chunks)];
  if (outbox_.quirks.odd_chunks) ++size;
  size = std::min(size, pcm_.size() - sent_);
  chunk_ += sent_ == 0 ? 0 : 1;
  const std::size_t before = sent_;
  sent_ += size;

  // Transcripts come now with the audio, now in a message of their own.
  json::object transcript = next_transcript(sent_);
  json::object extra;
  if (!transcript.empty() && chunk_ % 2 == 0) {
    extra["outputTranscription"] = std::exchange(transcript, {});
  }
  outbox_.send_audio(std::string_view(pcm_).substr(before, size), std::move(extra));
  if (!transcript.empty()) {
    const json::value text = transcript["text"];
    outbox_.send({{"serverContent", {{"outputTranscription", std::move(transcript)}}}},
                 "transcript", {{"text", text}});
  }
  hooks_.event(Event::answer_ms, before == 0 ? -1 : to_ms(before), to_ms(sent_));
  if (number != number_ || phase_ != Phase::streaming) return;

  const Quirks& quirks = outbox_.quirks;
  if (quirks.stall_ms > 0 && !stalled_ && to_ms(sent_) >= quirks.stall_at_ms) {
    stalled_ = true;
    burst_start_ += std::chrono::milliseconds(quirks.stall_ms);
  }
  const std::chrono::duration<double> played(static_cast<double>(sent_) / (2.0 * rate_));
  timers_.at(
      burst_start_ + std::chrono::duration_cast<Timers::Clock::duration>(played / settings_.speed),
      [this] { send_chunk(); });
}

void Turn::send_bundle() {
  sent_ = pcm_.size();
  json::object envelope;
  json::object content = completion(envelope);
  content["generationComplete"] = true;
  if (settings_.transcribe) content["outputTranscription"] = {{"text", answer_.transcript}};
  phase_ = Phase::idle;
  outbox_.send_audio(pcm_, std::move(content), std::move(envelope));
  hooks_.event(Event::turn_complete, -1, 0);
  hooks_.finished();
}

json::object Turn::next_transcript(std::size_t sent_bytes) {
  if (!settings_.transcribe || words_.empty()) return {};
  const std::size_t due =
      sent_bytes == pcm_.size() && answer_.kind != NextAnswer::premature
          ? words_.size()
          : words_.size() * to_ms(sent_bytes) /
                std::max<std::size_t>(1, answer_.audio.size() * 1000 / k_downlink_rate);
  std::string text;
  for (; words_sent_ < std::min(due, words_.size()); ++words_sent_) {
    text += words_[words_sent_];
  }
  return text.empty() ? json::object() : json::object{{"text", text}};
}

void Turn::generated() {
  if (answer_.kind == NextAnswer::premature) {
    complete();
    return;
  }
  phase_ = Phase::draining;
  outbox_.send({{"serverContent", {{"generationComplete", true}}}}, "generation_complete");
  timers_.at(first_audio_ + std::chrono::milliseconds(to_ms(sent_)), [this] { complete(); });
}

void Turn::interrupt() {
  if (!active()) return;
  const std::uint64_t number = number_;
  timers_.cancel_all();
  phase_ = Phase::ending;
  outbox_.send({{"serverContent", {{"interrupted", true}}}}, "interrupted",
               {{"sent_ms", to_ms(sent_)}});
  hooks_.cancelled();
  hooks_.event(Event::interrupted, -1, 0);
  if (number != number_ || phase_ != Phase::ending) return;
  if (const int gap = outbox_.quirks.interrupt_gap_ms; gap > 0) {
    timers_.after(std::chrono::milliseconds(gap), [this] { complete(); });
  } else {
    complete();
  }
}

void Turn::complete() {
  timers_.cancel_all();
  phase_ = Phase::idle;
  json::object envelope;
  json::object content = completion(envelope);
  envelope["serverContent"] = std::move(content);
  outbox_.send(std::move(envelope), "turn_complete", {{"sent_ms", to_ms(sent_)}});
  hooks_.event(Event::turn_complete, -1, 0);
  hooks_.finished();
}

json::object Turn::completion(json::object& envelope) const {
  json::object content{{"turnComplete", true}};
  if (settings_.interaction_status) {
    content["interactionStatus"] = answer_.kind == NextAnswer::in_progress ? "IN_PROGRESS" : "IDLE";
  }
  if (answer_.kind == NextAnswer::rejected) content["turnCompleteReason"] = "RESPONSE_REJECTED";
  const auto response = static_cast<int>(to_ms(sent_) * k_tokens_per_second / 1000);
  const int prompt = answer_.prompt_text_tokens + answer_.prompt_audio_tokens;
  // Zero counts never appear (proto3 JSON).
  json::object usage;
  if (prompt != 0) usage["promptTokenCount"] = prompt;
  if (response != 0) usage["responseTokenCount"] = response;
  if (prompt + response != 0) usage["totalTokenCount"] = prompt + response;
  json::array prompts;
  if (answer_.prompt_text_tokens != 0) {
    prompts.push_back({{"modality", "TEXT"}, {"tokenCount", answer_.prompt_text_tokens}});
  }
  if (answer_.prompt_audio_tokens != 0) {
    prompts.push_back({{"modality", "AUDIO"}, {"tokenCount", answer_.prompt_audio_tokens}});
  }
  if (!prompts.empty()) usage["promptTokensDetails"] = std::move(prompts);
  if (response != 0) {
    usage["responseTokensDetails"] = json::array{{{"modality", "AUDIO"}, {"tokenCount", response}}};
  }
  if (!usage.empty()) envelope["usageMetadata"] = std::move(usage);
  return content;
}

void Turn::stop() {
  timers_.cancel_all();
  phase_ = Phase::idle;
  ++number_;
}

}  // namespace gv::sim
