// What the service says, one event per fact. Pure values.
// String views point into the decoder's current message: they die with the next decode().
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gv::live {

struct SetupComplete {};
// The user cut the answer: stop playing it now.
struct Interrupted {};
struct AudioPart {
  std::string_view base64;  // PCM16 little-endian mono
  unsigned rate_hz = 24000;
};
struct InputTranscription {
  std::string_view text;  // a fragment, to be appended
};
struct OutputTranscription {
  std::string_view text;
};
// A web page that the answer rests on.
struct Grounding {
  std::string_view address;
  std::string_view title;
};
struct GenerationComplete {};
struct TurnComplete {
  std::string_view reason;   // turnCompleteReason of an abnormal end, else empty
  bool in_progress = false;  // only an utterance ended; the model works on (extended thinking)
};
// Tokens of a turn; may be repeated with growing numbers within a turn (users.md (f) 11).
struct Usage {
  std::uint64_t text_in = 0;
  std::uint64_t audio_in = 0;
  std::uint64_t image_in = 0;  // and video
  std::uint64_t text_out = 0;  // and thoughts
  std::uint64_t audio_out = 0;

  std::uint64_t in() const { return text_in + audio_in + image_in; }
  std::uint64_t out() const { return text_out + audio_out; }
  Usage& operator+=(const Usage& more) {
    text_in += more.text_in;
    audio_in += more.audio_in;
    image_in += more.image_in;
    text_out += more.text_out;
    audio_out += more.audio_out;
    return *this;
  }
  bool operator==(const Usage&) const = default;
};
// The model wants a function called.
struct ToolCall {
  std::string_view id;  // empty: the service gave none
  std::string_view name;
  std::string arguments;  // a JSON object; empty: they were none, or too long
};
// And does not any more: no answer is wanted.
struct ToolCallCancelled {
  std::string_view id;
};
struct GoAway {
  std::chrono::milliseconds time_left{0};
};
struct ResumptionUpdate {
  std::string_view handle;  // secret
  bool resumable = false;
};
struct ServerError {
  std::int64_t code = 0;
  std::string_view message;
  std::string_view status;
};

using Event = std::variant<SetupComplete, Interrupted, AudioPart, InputTranscription,
                           OutputTranscription, Grounding, GenerationComplete, TurnComplete, Usage,
                           ToolCall, ToolCallCancelled, GoAway, ResumptionUpdate, ServerError>;
using Events = std::vector<Event>;

}  // namespace gv::live
