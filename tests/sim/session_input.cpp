// The part of session.hpp that hears and answers.
#include <algorithm>
#include <cstdio>
#include <utility>

#include <boost/json.hpp>

#include "tests/sim/session.hpp"

namespace gv::sim {
namespace {

namespace json = boost::json;

constexpr std::int64_t k_samples_per_ms = k_uplink_rate / 1000;
// Sound before the first loud frame that belongs to the word.
constexpr std::int64_t k_lead_in = 100 * k_samples_per_ms;
constexpr std::int64_t k_tail = 100 * k_samples_per_ms;
// Kept of silence, so that a lead-in can be taken from it.
constexpr std::int64_t k_kept = 2000 * k_samples_per_ms;
constexpr int k_tokens_per_second = 25;

std::string seconds(std::int64_t samples) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(samples) / k_uplink_rate);
  return text;
}

}  // namespace

void Session::on_realtime_input(const json::object& input) {
  const bool open = speech_begin_.has_value();
  if (auto refusal = check_realtime_input(input, manual_activity_, open, shared_.options.legacy)) {
    refuse(*refusal);
    return;
  }
  const json::object::value_type& only = *input.begin();
  const std::string_view kind = only.key();
  if (history_open_) {
    outbox_.log("ignored", {{"what", kind}, {"why", "the initial history has not come"}});
    return;
  }
  if (kind == "audio") {
    on_audio(only.value().at("data").get_string(), only.value().at("mime_type").get_string());
  } else if (kind == "media_chunks") {
    const json::array& chunks = only.value().get_array();
    if (chunks.empty()) return;
    on_audio(chunks[0].at("data").get_string(), chunks[0].at("mime_type").get_string());
  } else if (kind == "text") {
    on_text(std::string(only.value().get_string()));
  } else if (kind == "activity_start") {
    outbox_.log("activity_start", {{"offset", uplink_end_}});
    speech_started(uplink_end_);
  } else if (kind == "activity_end") {
    outbox_.log("activity_end", {{"offset", uplink_end_}});
    speech_ended(uplink_end_);
  } else if (kind == "audio_stream_end") {
    outbox_.log("audio_stream_end", {{"offset", uplink_end_}});
    if (const auto event = detector_.flush()) detected(*event);
  } else {
    outbox_.log("video", {{"bytes", only.value().at("data").get_string().size() * 3 / 4}});
  }
}

void Session::on_audio(std::string_view base64, std::string_view mime_type) {
  const std::string bytes = *base64_decode(base64);
  const int rate = pcm_rate(mime_type).value_or(k_uplink_rate);
  const Samples samples = resample(from_bytes(bytes), rate, k_uplink_rate);
  const std::int64_t before = uplink_end_;
  outbox_.log(
      "audio",
      {{"bytes", bytes.size()}, {"offset", before}, {"peak", peak(samples)}, {"rate", rate}});
  shared_.log.record_uplink(as_bytes(samples));
  uplink_.insert(uplink_.end(), samples.begin(), samples.end());
  uplink_end_ += static_cast<std::int64_t>(samples.size());
  fire(Event::audio_ms, before == 0 ? -1 : before / k_samples_per_ms,
       uplink_end_ / k_samples_per_ms);
  if (phase_ != Phase::open) return;

  if (blocked_for_long() && shared_.options.blocked_audio == BlockedAudio::close) {
    refuse({1008, "Operation is not implemented, or supported, or enabled."});
    return;
  }
  const bool deaf = blocked() && shared_.options.blocked_audio == BlockedAudio::ignore;
  if (!manual_activity_) {
    for (const Detector::Event& event : detector_.feed(deaf ? Samples(samples.size()) : samples)) {
      detected(event);
      if (phase_ != Phase::open) return;
    }
  }
  const std::int64_t needed = speech_begin_ ? *speech_begin_ - k_lead_in : uplink_end_ - k_kept;
  if (needed > uplink_begin_ && !speech_begin_) {
    uplink_.erase(uplink_.begin(), uplink_.begin() + (needed - uplink_begin_));
    uplink_begin_ = needed;
  }
}

void Session::detected(const Detector::Event& event) {
  if (event.start) {
    speech_started(event.position);
  } else {
    speech_ended(event.position);
  }
}

void Session::speech_started(std::int64_t position) {
  outbox_.log("speech_start", {{"offset", position}});
  speech_begin_ = position;
  activity_text_.clear();
  speech_ignored_ = turn_.active() && !interrupts_;
  if (blocked() && shared_.options.blocked_audio == BlockedAudio::cancel) cancel_calls();
  if (!speech_ignored_) {
    waiting_.clear();
    turn_.interrupt();
  }
  fire(Event::speech_start);
}

void Session::speech_ended(std::int64_t position) {
  outbox_.log("speech_end", {{"offset", position}});
  if (!speech_begin_) return;
  std::int64_t begin = *speech_begin_;
  std::int64_t end = position;
  const std::int64_t spoken = end - begin;
  speech_begin_.reset();
  if (!manual_activity_) {
    begin -= k_lead_in;
    end += k_tail;
  }
  begin = std::clamp(begin, uplink_begin_, uplink_end_);
  end = std::clamp(end, begin, uplink_end_);
  const Samples utterance(uplink_.begin() + (begin - uplink_begin_),
                          uplink_.begin() + (end - uplink_begin_));
  fire(Event::speech_end);
  if (phase_ != Phase::open || speech_ignored_) return;
  if (activity_text_.empty()) return answer_speech(utterance, spoken);
  answer_text(activity_text_);
}

void Session::on_text(const std::string& text) {
  outbox_.log("text", {{"text", text}});
  if (manual_activity_) {
    fire(Event::text);
    if (!speech_begin_) {
      outbox_.log("ignored", {{"what", "text"}, {"why", "no activity is open"}});
    } else {
      activity_text_ += text;
    }
    return;
  }
  if (interrupts_) {
    waiting_.clear();
    turn_.interrupt();
  }
  fire(Event::text);
  if (phase_ == Phase::open) answer_text(text);
}

bool Session::blocked() const {
  return std::ranges::any_of(calls_, [](const auto& call) { return call.second.blocking; });
}

bool Session::blocked_for_long() const {
  constexpr std::chrono::milliseconds on_its_way{200};
  return blocked() && Timers::Clock::now() - called_at_ > on_its_way;
}

void Session::cancel_calls(bool all) {
  json::array ids;
  for (const auto& [id, call] : calls_) {
    if (all || call.blocking) ids.emplace_back(id);
  }
  if (ids.empty()) return;
  std::erase_if(calls_, [all](const auto& call) { return all || call.second.blocking; });
  outbox_.send({{"toolCallCancellation", {{"ids", std::move(ids)}}}}, "tool_call_cancellation");
}

void Session::answer_speech(const Samples& utterance, std::int64_t spoken) {
  const auto length = static_cast<std::int64_t>(utterance.size());
  const std::string duration = seconds(spoken);
  const bool heard_nothing = utterance.empty() || !activity_heard_;
  if (transcribe_input_ && !heard_nothing) {
    const std::string heard = " " + duration + " seconds of speech";
    for (const std::string_view piece : fragments(heard)) {
      outbox_.send({{"serverContent", {{"inputTranscription", {{"text", piece}}}}}},
                   "input_transcript", {{"text", piece}});
    }
  }
  Answer reply;
  reply.prompt_audio_tokens = static_cast<int>(length * k_tokens_per_second / k_uplink_rate);
  reply.transcript = "You said " + duration + " seconds of speech.";
  if (heard_nothing) {
    reply.kind = NextAnswer::empty;
  } else if (shared_.options.answer.kind == AnswerMode::Kind::parrot) {
    reply.audio = resample(utterance, k_uplink_rate, k_downlink_rate);
  }
  answer(std::move(reply));
}

void Session::answer_text(const std::string& text, bool spoken_reply_to_tool) {
  Answer reply;
  reply.prompt_text_tokens = static_cast<int>(text.size() / 4) + 1;
  reply.transcript = spoken_reply_to_tool ? text : "You wrote: " + text;
  if (text.empty()) {
    reply.kind = NextAnswer::empty;
  } else if (shared_.options.answer.kind == AnswerMode::Kind::parrot) {
    reply.audio = bleeps(reply.transcript);
  }
  answer(std::move(reply));
}

void Session::answer(Answer reply) {
  if (turn_.active()) {
    waiting_.push_back(std::move(reply));
    return;
  }
  const AnswerMode& mode = shared_.options.answer;
  const bool fresh = reply.audio.empty() && reply.kind == NextAnswer::normal;
  switch (mode.kind) {
    case AnswerMode::Kind::parrot:
      break;
    case AnswerMode::Kind::tone:
      if (fresh) reply.audio = tone(mode.tone_hz, mode.tone_seconds);
      break;
    case AnswerMode::Kind::file:
      if (fresh) reply.audio = shared_.answer_file;
      break;
    case AnswerMode::Kind::none:
      reply.kind = NextAnswer::empty;
      break;
  }
  if (!shared_.options.transcript.empty()) reply.transcript = shared_.options.transcript;
  const NextAnswer next = std::exchange(outbox_.quirks.next, NextAnswer::normal);
  if (next == NextAnswer::none) return;
  if (next == NextAnswer::in_progress) {
    // Extended thinking: a few words now, the answer later.
    waiting_.push_front(reply);
    reply.transcript = "One moment.";
    reply.audio = bleeps(reply.transcript);
  }
  if (next != NextAnswer::normal) reply.kind = next;
  reply.prompt_text_tokens += instruction_tokens_;
  if (resumption_) outbox_.send({{"sessionResumptionUpdate", json::object()}}, "not_resumable");
  const auto& think = outbox_.quirks.think_ms;
  turn_.start(std::move(reply), think ? std::chrono::milliseconds(*think) : shared_.options.think);
}

}  // namespace gv::sim
